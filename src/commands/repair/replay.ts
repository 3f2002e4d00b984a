import type { Command } from 'commander';
import type { SinkConfig } from '../../sinks/registry.ts';
import { createSubscriptions } from '../../declaration/subscriptions.ts';
import type { RunEvent } from '../../model.ts';
import type { Store } from '../../record/store.ts';
import { addTypes, type EventChoice, filterOf, parseSince, readEvents } from '../inspect/choose-events.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { configuredSink } from './known-sink.ts';
import { createSay } from '../output/output-layout.ts';
import { withStore } from '../with-store.ts';

interface ReplayOptions extends CommonOptions, EventChoice {
  sink: string;
  dryRun?: boolean;
}

/** `replay`: queues recorded events for a sink that was added or repaired later. */
export function addReplay(program: Command, context: CommandContext): void {
  withStateOptions(program.command('replay'))
    .description('queue recorded events for a sink again, under their original ids')
    .requiredOption('--sink <name>', 'a configured sink; its runs and minConfidence apply')
    .option('--run <id>', 'only of this run')
    .option('--type <type...>', 'these types, whatever events the sink subscribes to', addTypes)
    .option('--since <time>', 'recorded since: a span such as 1h, or an ISO time', (text) =>
      parseSince(text, context),
    )
    .option('--dry-run', 'only say what would be pending')
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
  const wanted: RunEvent[] = [];
  const wants = wishOf(sink, options.type);
  for await (const { event } of readEvents(store, await filterOf(store, options))) {
    if (wants(event)) wanted.push(event);
  }
  const pending = await store.deliveries({
    sink: sink.name,
    states: ['pending'],
    limit: Number.MAX_SAFE_INTEGER,
  });
  const waiting = new Set(pending.map(({ eventId }) => eventId));
  const again = wanted.filter(({ id }) => !waiting.has(id));
  const say = createSay(context);
  const already = wanted.length - again.length;
  const besides =
    already === 0
      ? ''
      : `; ${already} that it is pending already ${already === 1 ? 'stays as it is' : 'stay as they are'}`;
  if (again.length === 0) {
    say(`nothing recorded is left to replay to sink ${sink.name}${besides}`);
    return;
  }
  if (options.dryRun) {
    say(`would queue ${typeCounts(again)} for sink ${sink.name}${besides}`);
    return;
  }
  const count = await store.replay(
    sink.name,
    again.map(({ id }) => id),
    context.clock.now(),
  );
  say(`sink ${sink.name} is pending ${count} of what is recorded: ${typeCounts(again)}${besides}`);
  say(howText(sink));
  const standing = (await store.backlog()).find((each) => each.sink === sink.name);
  if (standing?.state === 'stopped') {
    say(`it has stopped: fix it, then findall-watch redeliver --sink ${sink.name}`);
  }
  const inForce = await store.inForce();
  const isDeclared = inForce?.declaration.sinks.some(({ name }) => name === sink.name) === true;
  if (!isDeclared) say('no daemon has declared this sink yet: deliveries begin when one does');
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
    ? 'The daemon tells them now, those of a run together: a message lists the first and counts the rest.'
    : 'The daemon tells them now, with the ids they have: a receiver that remembers ids takes what is new to it.';
}

/** `3 findall.candidate.matched, 1 findall.run.completed`. */
function typeCounts(events: readonly RunEvent[]): string {
  const byType = Map.groupBy(events, ({ type }) => type);
  return [...byType].map(([type, those]) => `${those.length} ${type}`).join(', ');
}
