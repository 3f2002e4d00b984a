import { constants } from 'node:os';
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { RUN_ID_EXAMPLE } from '../../config/forms/run-id.ts';
import { POLL_INTERVAL } from '../../config/schema.ts';
import { LABEL } from '../../config/forms/text-forms.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import type { Baseline } from '../../model.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  findallIds,
  withStateOptions,
} from '../command-context.ts';
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
    .argument('<id...>', 'ids of FindAll runs, or URLs that contain them')
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
    .argument('<id...>', 'ids of tracked runs')
    .addHelpText('after', example(`findall-watch untrack ${RUN_ID_EXAMPLE}`))
    .action(async (ids: string[], options: CommonOptions) => {
      await untrack(context, ids, options);
    });
}

async function track(context: CommandContext, ids: string[], options: TrackOptions): Promise<void> {
  const wanted = findallIds(ids);
  const { baseline, verify = true } = options;
  const label = options.label === undefined ? undefined : checked(LABEL, '--label', options.label);
  const intervalMs =
    options.every === undefined ? undefined : checked(POLL_INTERVAL, '--interval', options.every);
  await withStore(context, options, async (store, config, { clock }) => {
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
      context.stdout.write(`${findallId} ${result}\n`);
    }
    if (unchecked !== null) context.stderr.write(`findall-watch: ${unchecked}\n`);
    const living = await store.livingProcesses(clock.now());
    if (!isDaemonAlive(living)) context.stderr.write(`findall-watch: ${daemonsText(living)}\n`);
  });
}

async function untrack(context: CommandContext, ids: string[], options: CommonOptions): Promise<void> {
  const wanted = findallIds(ids);
  await withStore(context, options, async (store, config) => {
    const declared = new Set(config.runs.map((run) => run.id));
    for (const findallId of wanted) {
      const untracked = await store.untrackRun(findallId);
      context.stdout.write(`${findallId} ${untracked ? 'untracked' : 'was not tracked'}\n`);
      if (declared.has(findallId)) {
        context.stderr.write(
          `${findallId} is in the configuration too: take it out, or the next start watches it\n`,
        );
      }
    }
  });
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
