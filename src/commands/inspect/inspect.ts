/** `runs`, `show` and `events`: what is recorded, for people and with `--json` for programs. */
import type { Command } from 'commander';
import type { TrackedRun } from '../../model.ts';
import { eventTitle } from '../output/event-lines.ts';
import { jsonLine, runJson, runWithCandidates } from '../../text/json-line.ts';
import { backlogLines } from '../output/outbox-text.ts';
import { candidateLines, runLines, runTable } from './run-text.ts';
import { layOut } from '../../text/wrap-text.ts';
import type { RunFilter } from '../../record/run-filter.ts';
import { createEventTail } from '../../record/event-tail.ts';
import type { PositionedEvent } from '../../record/history.ts';
import type { Store } from '../../record/store.ts';
import { cleanText } from '../../text/clean-text.ts';
import {
  addTypes,
  type EventChoice,
  filterOf,
  parseSince,
  readEventPages,
} from '../arguments/choose-events.ts';
import { knownRun } from '../arguments/find-run.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { createNameLookUp } from './name-runs.ts';
import { daemonsText, isDaemonAlive } from '../output/living-daemons.ts';
import { createSay, layoutFor } from '../output/layout.ts';
import { withStore } from '../with-store.ts';

interface InspectOptions extends CommonOptions {
  json?: boolean;
}

interface RunsOptions extends InspectOptions {
  label?: string;
}

interface EventsOptions extends InspectOptions, EventChoice {
  follow?: boolean;
}

/** Adds the three commands. */
export function addInspect(program: Command, context: CommandContext): void {
  withStateOptions(program.command('runs'))
    .description('list tracked runs and their progress')
    .option('--label <text>', 'only runs with this label')
    .option('--json', 'write each run as a line of JSON')
    .addHelpText('after', example('findall-watch runs --json | jq .findall_id'))
    .action((options: RunsOptions) =>
      withStore(context, options, (store, _, shared) => listRuns(shared, store, options)),
    );

  withStateOptions(program.command('show'))
    .description('show one run with its candidates, reasons and sources')
    .argument('<run...>', 'label, id or first words of the objective of a tracked run')
    .option('--json', 'write one JSON object')
    .addHelpText('after', example('findall-watch show week-47'))
    .action((words: string[], options: InspectOptions) =>
      withStore(context, options, (store, _, shared) => showRun(shared, store, words.join(' '), options)),
    );

  withStateOptions(program.command('events'))
    .description('list recorded events, oldest first')
    .option('--run <run>', 'only events of this run: label, id or first words of the objective')
    .option(
      '--type <type...>',
      'only these types, such as findall.candidate.matched or findall.run.*',
      addTypes,
    )
    .option(
      '--since <time>',
      'only events recorded since then: a duration such as 1h, or an ISO time',
      (text) => parseSince(text, context),
    )
    .option('-f, --follow', 'then show new events until interrupted')
    .option('--json', 'write each event as a line of JSON')
    .addHelpText('after', example('findall-watch events --type findall.candidate.matched --since 1h --json'))
    .action((options: EventsOptions) =>
      withStore(context, options, (store, _, shared) => listEvents(shared, store, options)),
    );
}

async function listRuns(
  { stdout, env, clock }: CommandContext,
  store: Store,
  { json, label }: RunsOptions,
): Promise<void> {
  const asked = label === undefined ? {} : { label: label.normalize() };
  if (json) {
    for await (const run of readRuns(store, asked)) stdout.write(jsonLine(runJson(run)));
    return;
  }
  const runs = await store.runs(asked);
  const living = await store.livingProcesses(clock.now());
  const isPolled = isDaemonAlive(living);
  const layout = layoutFor(stdout, env);
  if (runs.length === 0 && label !== undefined)
    stdout.write(`no run has the label ${JSON.stringify(cleanText(label, 200))}\n`);
  else if (runs.length === 0) stdout.write('no runs are tracked; track one: findall-watch track findall_…\n');
  else stdout.write(`${runTable(runs, { now: clock.now(), isPolled }, layout).join('\n')}\n`);
  for (const sink of await store.backlog()) {
    stdout.write(`${layOut(backlogLines(sink, clock.now()), layout.width).join('\n')}\n`);
  }
  if (runs.length > 0) createSay({ stdout, env })(daemonsText(living));
}

/** Runs a page at a time: of each the API's run object is read. */
async function* readRuns(store: Store, asked: RunFilter): AsyncGenerator<TrackedRun> {
  let page = await store.runs({ ...asked, limit: PAGE });
  for (;;) {
    const last = page.at(-1);
    if (!last) return;
    yield* page;
    page = await store.runs({ ...asked, after: last.findallId, limit: PAGE });
  }
}

const PAGE = 500;

async function showRun(
  { stdout, env, clock }: CommandContext,
  store: Store,
  id: string,
  { json }: InspectOptions,
): Promise<void> {
  const run = await knownRun(store, id);
  const candidates = await store.candidates(run.findallId);
  if (json) {
    stdout.write(`${runWithCandidates(run, candidates)}\n`);
    return;
  }
  const layout = layoutFor(stdout, env);
  const isPolled = isDaemonAlive(await store.livingProcesses(clock.now()));
  stdout.write(`${runLines(run, { now: clock.now(), isPolled }, layout).join('\n')}\n`);
  for (const { candidate } of candidates) {
    stdout.write(`\n${candidateLines(candidate, layout).join('\n')}\n`);
  }
}

async function listEvents(context: CommandContext, store: Store, options: EventsOptions): Promise<void> {
  const { stdout, env, clock, interrupted } = context;
  const { json, follow } = options;
  const filter = await filterOf(store, options);
  const nameOf = createNameLookUp(store);
  const show = async ({ event, json: recorded }: PositionedEvent): Promise<void> => {
    if (json) {
      stdout.write(`${recorded}\n`);
      return;
    }
    const layout = layoutFor(stdout, env);
    const { paint, width } = layout;
    const at = `${event.timestamp.slice(0, 19)}Z`;
    const text = `${paint('dim', `${at} [${await nameOf(event)}]`)} ${eventTitle(event, layout)}`;
    stdout.write(`${layOut([{ text, indent: 0, hang: 4 }], width).join('\n')}\n`);
  };
  const pages = follow
    ? createEventTail(store, { clock }).pages(filter, { signal: interrupted })
    : readEventPages(store, filter);
  for await (const page of pages) {
    for (const recorded of page) {
      if (interrupted.aborted) return;
      await show(recorded);
    }
  }
}
