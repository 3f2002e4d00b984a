import { constants } from 'node:os';
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { RUN_ID_EXAMPLE } from '../../config/forms/run-id.ts';
import { POLL_INTERVAL } from '../../config/schema.ts';
import { LABEL } from '../../config/forms/text-forms.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import type { Baseline, TrackedRun } from '../../model.ts';
import { cleanText } from '../../text/clean-text.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { idsOfRuns, knownRun } from '../arguments/find-run.ts';
import { daemonsText, isDaemonAlive } from '../output/living-daemons.ts';
import { verifyRuns } from './verify-runs.ts';
import { withStore } from '../with-store.ts';

interface TrackOptions extends CommonOptions {
  label?: string;
  every?: string;
  baseline?: Baseline;
  verify?: boolean;
}

/** `track` and `untrack`: change the registry, whether a daemon runs on the same store or not. */
export function addTrack(program: Command, context: CommandContext): void {
  withStateOptions(program.command('track'))
    .summary('start watching runs')
    .description('start watching runs; a run that had ended is polled again')
    .argument('<run...>', 'ids of FindAll runs, or URLs that contain them; names of runs tracked before')
    .option('--label <text>', 'label that the events of these runs carry')
    .option('--interval <duration>', 'time between polls of these runs, such as 5s')
    .addOption(
      new Option('--baseline <policy>', 'whether to send the matches that the first poll finds')
        .choices(['notify', 'silent'])
        .default(undefined),
    )
    .option('--no-verify', 'do not ask the API whether the runs exist')
    .addHelpText(
      'after',
      example(`findall-watch track ${RUN_ID_EXAMPLE} --label series-a-2024 --interval 5s`),
    )
    .action(async (ids: string[], { interval, ...options }: TrackOptions & { interval?: string }) => {
      const given = { ...options, ...(interval === undefined ? {} : { every: interval }) };
      await unlessInterrupted(context, () => track(context, ids, given));
    });

  withStateOptions(program.command('untrack'))
    .summary('stop watching runs')
    .description('stop watching runs; recorded events and pending deliveries are kept')
    .argument('<run...>', 'labels, ids or first words of the objective')
    .addHelpText('after', example('findall-watch untrack week-47'))
    .action(async (ids: string[], options: CommonOptions) => {
      await untrack(context, ids, options);
    });
}

async function track(context: CommandContext, ids: string[], options: TrackOptions): Promise<void> {
  const { baseline, verify = true } = options;
  const label = options.label === undefined ? undefined : checked(LABEL, '--label', options.label);
  const intervalMs =
    options.every === undefined ? undefined : checked(POLL_INTERVAL, '--interval', options.every);
  await withStore(context, options, async (store, config, { clock }) => {
    const wanted = await idsOfRuns(store, ids);
    const verifying = { store, config, clock, signal: context.interrupted };
    const unchecked = verify ? await verifyRuns(wanted, verifying) : null;
    for (const findallId of wanted) {
      const result = await store.trackRun(
        {
          findallId,
          mode: 'resume',
          ...(label === undefined ? {} : { label }),
          ...(intervalMs === undefined ? {} : { intervalMs }),
          ...(baseline === undefined ? {} : { baseline }),
        },
        clock.now(),
      );
      const known = label ?? (await store.run(findallId))?.label ?? null;
      context.stdout.write(`${nameAndId(known, findallId)} ${result}\n`);
    }
    if (unchecked !== null) context.stderr.write(`findall-watch: ${unchecked}\n`);
    const living = await store.livingProcesses(clock.now());
    if (!isDaemonAlive(living)) context.stderr.write(`findall-watch: ${daemonsText(living)}\n`);
  });
}

async function untrack(context: CommandContext, ids: string[], options: CommonOptions): Promise<void> {
  await withStore(context, options, async (store, config) => {
    const declared = new Set(config.runs.map((run) => run.id));
    // All are found before one is changed: a mistyped name changes nothing.
    const runs = new Map<string, TrackedRun>();
    for (const each of ids) {
      const run = await knownRun(store, each);
      runs.set(run.findallId, run);
    }
    for (const [findallId, { label }] of runs) {
      const untracked = await store.untrackRun(findallId);
      context.stdout.write(`${nameAndId(label, findallId)} ${untracked ? 'untracked' : 'was not tracked'}\n`);
      if (declared.has(findallId)) {
        context.stderr.write(
          `${findallId} is in the configuration too: take it out, or the next start watches it\n`,
        );
      }
    }
  });
}

/** The label, when there is one, and the id to copy. */
function nameAndId(label: string | null, findallId: string): string {
  return label === null ? findallId : `${cleanText(label, 60)} (${findallId})`;
}

/** An interruption ends the question to the API; then nothing is tracked. */
async function unlessInterrupted(context: CommandContext, act: () => Promise<void>): Promise<void> {
  const { interrupted } = context;
  try {
    await act();
  } catch (error) {
    if (!interrupted.aborted) throw error;
    context.exitWith(128 + constants.signals[interrupted.reason as NodeJS.Signals]);
  }
}

/** The text as the configuration would take it for a run, or a usage error that says what is allowed. */
function checked<T>(form: z.ZodType<T>, option: string, text: string): T {
  const result = form.safeParse(text);
  if (result.success) return result.data;
  throw new OperatorError(EXIT.usage, `${option}: saw ${JSON.stringify(text)}`, {
    hint: `allowed: ${result.error.issues[0]?.message ?? 'another value'}`,
  });
}
