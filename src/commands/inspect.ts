/** `runs`, `show` and `events`: what is recorded, for people and with `--json` for programs. */
import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/duration.ts';
import { EXIT, OperatorError } from '../errors.ts';
import type { EventType, TrackedRun } from '../model.ts';
import { cleanText } from '../present/clean-text.ts';
import { eventLines, plain } from '../present/event-lines.ts';
import { candidateText, runText } from '../present/run-text.ts';
import { openStore } from '../record/open-store.ts';
import type { EventFilter, Store } from '../record/store.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  findallIds,
  settingsOf,
  withStateOptions,
} from './command-context.ts';
import { newId } from './new-id.ts';

interface InspectOptions extends CommonOptions {
  json?: boolean;
}

interface EventsOptions extends InspectOptions {
  run?: string;
  type?: string[];
  since?: number;
  follow?: boolean;
}

const PAGE = 500;
/** Time between two looks at the store while following events. */
const LOOK_MS = 250;
const ID = 'findall_40e0ab8c10754be0b7a16477abb38a2f';

/** Adds the three commands. */
export function addInspect(program: Command, context: CommandContext): void {
  withStateOptions(program.command('runs'))
    .description('list the registry')
    .option('--json', 'one run a line as JSON')
    .addHelpText('after', example('findall-watch runs --json | jq .findallId'))
    .action((options: InspectOptions) =>
      withStore(context, options, (store) => listRuns(context, store, options)),
    );

  withStateOptions(program.command('show'))
    .description('show one run with its candidates, the reasons and their sources')
    .argument('<id>', 'id of a tracked run')
    .option('--json', 'as one JSON object')
    .addHelpText('after', example(`findall-watch show ${ID}`))
    .action((id: string, options: InspectOptions) =>
      withStore(context, options, (store) => showRun(context, store, id, options)),
    );

  withStateOptions(program.command('events'))
    .description('list recorded events in the order of recording')
    .option('--run <id>', 'only of this run')
    .option('--type <type...>', 'only these types, such as findall.candidate.matched')
    .option('--since <time>', 'recorded since: a span such as 1h, or an ISO time', (text) =>
      parseSince(text, context),
    )
    .option('-f, --follow', 'go on with new events until interrupted')
    .option('--json', 'one event a line as JSON')
    .addHelpText('after', example('findall-watch events --type findall.candidate.matched --since 1h --json'))
    .action((options: EventsOptions) =>
      withStore(context, options, (store) => listEvents(context, store, options)),
    );
}

async function withStore(
  context: CommandContext,
  options: CommonOptions,
  use: (store: Store) => Promise<void>,
): Promise<void> {
  const { config } = settingsOf(context, options);
  const store = await openStore(config.store.path, newId);
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

async function listRuns(
  { stdout, clock }: CommandContext,
  store: Store,
  { json }: InspectOptions,
): Promise<void> {
  const runs = await store.runs();
  if (json) {
    for (const run of runs) stdout.write(`${JSON.stringify(run)}\n`);
    return;
  }
  if (runs.length === 0) stdout.write('no runs are tracked; track one: findall-watch track findall_…\n');
  for (const run of runs) stdout.write(`${runText(run, clock.now()).join('  ')}\n`);
  for (const { sink, owed, dead, stoppedReason } of await store.backlog()) {
    const stopped = stoppedReason === null ? '' : `, stopped: ${cleanText(stoppedReason, 100)}`;
    stdout.write(`sink ${sink}: ${owed} owed, ${dead} dead${stopped}\n`);
  }
}

async function showRun(
  context: CommandContext,
  store: Store,
  id: string,
  { json }: InspectOptions,
): Promise<void> {
  const { stdout, clock } = context;
  const run = await knownRun(store, id);
  const candidates = await store.candidates(run.findallId);
  if (json) {
    stdout.write(`${JSON.stringify({ ...run, candidates })}\n`);
    return;
  }
  stdout.write(`${runText(run, clock.now()).join('  ')}\n`);
  for (const candidate of candidates) stdout.write(`\n${candidateText(candidate).join('\n')}\n`);
}

async function knownRun(store: Store, id: string): Promise<TrackedRun> {
  const [findallId = id] = findallIds([id]);
  const run = await store.run(findallId);
  if (run) return run;
  throw new OperatorError(EXIT.usage, `${findallId} is not tracked`, {
    hint: `track it: findall-watch track ${findallId}`,
  });
}

async function listEvents(context: CommandContext, store: Store, options: EventsOptions): Promise<void> {
  const { stdout, clock, interrupted } = context;
  const filter: Omit<EventFilter, 'limit'> = {
    ...(options.run === undefined ? {} : { findallId: findallIds([options.run])[0] ?? options.run }),
    ...(options.type === undefined ? {} : { types: options.type as EventType[] }),
    ...(options.since === undefined ? {} : { since: options.since }),
  };
  let afterPosition = 0;
  for (;;) {
    const page = await store.events({ ...filter, afterPosition, limit: PAGE });
    for (const { position, event } of page) {
      afterPosition = position;
      if (options.json) stdout.write(`${JSON.stringify(event)}\n`);
      else {
        const who = cleanText(event.label ?? event.findall_id ?? 'key', 40);
        stdout.write(`${eventLines(event, plain, `${event.timestamp} [${who}] `)[0]}\n`);
      }
    }
    if (page.length > 0) continue;
    if (!options.follow || interrupted.aborted) return;
    await clock.sleep(LOOK_MS, interrupted);
  }
}

function parseSince(text: string, { clock }: CommandContext): number {
  const span = parseDuration(text);
  const at = span === undefined ? Date.parse(text) : clock.now() - span;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('write a span such as 1h or a time such as 2026-01-31T08:00Z');
  return at;
}
