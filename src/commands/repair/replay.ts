import { constants } from 'node:os';
import type { Command } from 'commander';
import type { SinkConfig } from '../../sinks/registry.ts';
import { createSubscriptions } from '../../declaration/subscriptions.ts';
import type { RunEvent } from '../../run-event.ts';
import type { EventFilter } from '../../record/history.ts';
import type { Store } from '../../record/store.ts';
import {
  addTypes,
  type EventChoice,
  filterOf,
  findEvent,
  parseSince,
  readEventPages,
  unknownEvent,
} from '../arguments/choose-events.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { configuredSink } from '../arguments/known-sink.ts';
import { createSay } from '../output/layout.ts';
import { withStore } from '../with-store.ts';

interface ReplayOptions extends CommonOptions, EventChoice {
  sink: string;
  after?: string;
  dryRun?: boolean;
}

/** `replay`: queues recorded events for a sink that was added or repaired later. */
export function addReplay(program: Command, context: CommandContext): void {
  withStateOptions(program.command('replay'))
    .summary('queue recorded events for a sink again')
    .description('queue recorded events for a sink again, under their original ids')
    .requiredOption('--sink <name>', 'name of a configured sink; its runs and minConfidence apply')
    .option('--run <run>', 'only events of this run: label, id or first words of the objective')
    .option('--type <type...>', 'these event types, also those that the sink does not subscribe to', addTypes)
    .option(
      '--since <time>',
      'only events recorded since then: a duration such as 1h, or an ISO time',
      (text) => parseSince(text, context),
    )
    .option('--after <event>', 'only events recorded after this one: continues an interrupted replay')
    .option('--dry-run', 'only print how many events would be queued')
    .addHelpText('after', example('findall-watch replay --sink crm --since 7d --dry-run'))
    .action((options: ReplayOptions) =>
      withStore(context, options, async (store, config, shared) => {
        await replay(shared, store, configuredSink(config, options.sink), options);
      }),
    );
}

async function replay(
  context: CommandContext,
  store: Store,
  sink: SinkConfig,
  options: ReplayOptions,
): Promise<void> {
  const replayed = await replayInSteps(context, store, sink, options);
  const { types, already, stoppedAfter } = replayed;
  const say = createSay(context);
  const besides = already === 0 ? '' : `; ${already} ${already === 1 ? 'is' : 'are'} pending there already`;
  if (stoppedAfter !== null) sayStopped(context, replayed, stoppedAfter);
  else if (types.size === 0) say(`nothing recorded is left to replay to sink ${sink.name}${besides}`);
  if (types.size === 0) return;
  if (options.dryRun) {
    say(`would queue ${typeCounts(types)} for sink ${sink.name}${besides}`);
    return;
  }
  const events = replayed.queued === 1 ? 'event' : 'events';
  say(`queued ${replayed.queued} ${events} for sink ${sink.name}: ${typeCounts(types)}${besides}`);
  say(howText(sink));
  const backlog = (await store.backlog()).find((each) => each.sink === sink.name);
  if (backlog?.state === 'stopped') {
    say(`it has stopped: fix it, then findall-watch redeliver --sink ${sink.name}`);
  }
  const inForce = await store.inForce();
  const isDeclared = inForce?.declaration.sinks.some(({ name }) => name === sink.name) === true;
  if (!isDeclared) say('no daemon has declared this sink yet: deliveries begin when one does');
}

interface Replayed {
  queued: number;
  /** How many of each type were queued, or would be. */
  types: Map<string, number>;
  /** How many were pending before. */
  already: number;
  /** The last event that was looked at before an interruption; null: none interrupted it. */
  stoppedAfter: string | null;
}

/**
 * A page of events at a time, each queued in a transaction of its own: a daemon on the same store never waits long, and memory does
 * not grow with the history. It ends at the last event that is there at the beginning: what is recorded meanwhile has
 * its deliveries.
 */
async function replayInSteps(
  { clock, interrupted }: CommandContext,
  store: Store,
  sink: SinkConfig,
  options: ReplayOptions,
): Promise<Replayed> {
  const replayed: Replayed = { queued: 0, types: new Map(), already: 0, stoppedAfter: null };
  const wants = wishOf(sink, options.type);
  const filter = await replayFilter(store, options);
  if (filter === null) return replayed;
  for await (const page of readEventPages(store, filter)) {
    const wanted = page.map(({ event }) => event).filter(wants);
    const pending = new Set(await store.pendingAmong(sink.name, wanted.map(idOf)));
    const again = wanted.filter(({ id }) => !pending.has(id));
    if (options.dryRun) replayed.queued += again.length;
    else if (again.length > 0) replayed.queued += await store.replay(sink.name, again.map(idOf), clock.now());
    replayed.already += pending.size;
    for (const { type } of again) replayed.types.set(type, (replayed.types.get(type) ?? 0) + 1);
    if (!interrupted.aborted) continue;
    replayed.stoppedAfter = page.at(-1)?.event.id ?? null;
    break;
  }
  return replayed;
}

/** What is replayed; null when nothing is recorded. */
async function replayFilter(
  store: Store,
  { after, ...options }: ReplayOptions,
): Promise<Omit<EventFilter, 'limit'> | null> {
  const chosen = await filterOf(store, options);
  const { findallId } = chosen;
  const [latest] = await store.events({
    ...(findallId === undefined ? {} : { findallId }),
    ...{ latestFirst: true, limit: 1 },
  });
  if (latest === undefined) return null;
  const filter = { ...chosen, upToPosition: latest.position };
  return after === undefined ? filter : { ...filter, afterPosition: await positionOf(store, after) };
}

/** Where the event of this id stands. Throws OperatorError when none has it. */
async function positionOf(store: Store, typed: string): Promise<number> {
  const found = await findEvent(store, typed);
  if (found) return found.position;
  throw unknownEvent(typed);
}

function idOf({ id }: RunEvent): string {
  return id;
}

/** An interruption ends it between two steps. */
function sayStopped(context: CommandContext, { queued }: Replayed, eventId: string): void {
  const { interrupted, exitWith, stderr } = context;
  stderr.write(
    `findall-watch: interrupted after ${queued} events; to queue the others, repeat the command with --after ${eventId}\n`,
  );
  exitWith(128 + constants.signals[interrupted.reason as NodeJS.Signals]);
}

/** Whether an event is for the sink, as if it were recorded now; what is about the sink itself never is. */
function wishOf(sink: SinkConfig, types: readonly string[] | undefined): (event: RunEvent) => boolean {
  const recipientsOf = createSubscriptions([{ ...sink, events: types ?? sink.events }]);
  return (event) => {
    const isItself = event.type.startsWith('findall.sink.') && event.data.sink === sink.name;
    return !isItself && recipientsOf(event).sinks.length > 0;
  };
}

function howText({ group }: SinkConfig): string {
  return group.max > 1
    ? 'The daemon delivers them now, those of a run together: a message lists the first and counts the rest.'
    : 'The daemon delivers them now, under their original ids: a receiver that remembers ids takes what is new to it.';
}

/** `3 findall.candidate.matched, 1 findall.run.completed`. */
function typeCounts(types: ReadonlyMap<string, number>): string {
  return [...types].map(([type, count]) => `${count} ${type}`).join(', ');
}
