import { constants } from 'node:os';
import { type Command, Option } from 'commander';
import { buildSinks } from '../../build-sinks.ts';
import { formatDuration } from '../../config/forms/duration.ts';
import type { SinkConfig } from '../../sinks/registry.ts';
import type { DeliveryOutcome, RetryPolicy } from '../../deliver/sink.ts';
import { EXIT } from '../../errors.ts';
import { openLog } from '../../logging/logger.ts';
import type { EventType } from '../../run-event.ts';
import { cleanText } from '../../text/clean-text.ts';
import type { PositionedEvent } from '../../record/history.ts';
import type { Store } from '../../record/store.ts';
import { findEvent, parseType, unknownEvent } from '../arguments/choose-events.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { configuredSink } from '../arguments/known-sink.ts';
import { newId } from '../new-id.ts';
import { eventSubject } from '../output/event-lines.ts';
import { createSay } from '../output/layout.ts';
import { sampleEvent } from './sample-event.ts';
import { withStore } from '../with-store.ts';

interface TestOptions extends CommonOptions {
  type?: EventType;
  event?: string;
}

/** `test-sink NAME`: one event through the sink's real path, outside the outbox. */
export function addTestSink(program: Command, context: CommandContext): void {
  withStateOptions(program.command('test-sink'))
    .description('send one event to a sink now and show its answer')
    .argument('<name>', 'name of a configured sink')
    .addOption(
      new Option('--type <type>', 'send the last recorded event of this type, or a sample')
        .argParser(parseType)
        .conflicts('event'),
    )
    .option('--event <id>', 'send this recorded event')
    .addHelpText(
      'after',
      example('findall-watch test-sink crm --type findall.run.completed') +
        '\nNothing is recorded, and pending deliveries of the sink stay as they are.\n\nExit codes: 0 delivered, 1 not delivered.\n',
    )
    .action((name: string, options: TestOptions) =>
      withStore(context, options, async (store, config, shared) => {
        context.exitWith(await testSink(shared, store, configuredSink(config, name), options));
      }),
    );
}

async function testSink(
  context: CommandContext,
  store: Store,
  sink: SinkConfig,
  options: TestOptions,
): Promise<number> {
  const say = createSay(context);
  const chosen = await chooseEvent(context, store, options);
  const isSample = chosen.json === undefined;
  const { event } = chosen;
  say(`${isSample ? 'a sample of' : 'the recorded'} ${event.type} (${event.id}): ${eventSubject(event)}`);
  if (!isSample) say('it keeps its id: a receiver that ignores known ids does not show it again');
  const outcome = await deliverOnce(context, sink, chosen);
  if (outcome === null) {
    say('interrupted: whether it arrived is not known');
    return 128 + constants.signals[context.interrupted.reason as NodeJS.Signals];
  }
  for (const line of outcomeTexts(sink, outcome)) say(line);
  return outcome.kind === 'delivered' ? EXIT.ok : EXIT.notDelivered;
}

/** Null when the person at the keyboard cut it off. */
async function deliverOnce(
  { stdout, clock, interrupted }: CommandContext,
  config: SinkConfig,
  { event, json }: ChosenEvent,
): Promise<DeliveryOutcome | null> {
  // A log sink writes to stdout, here as in the daemon.
  const log = openLog({ level: 'warn', to: { write: (line) => stdout.write(line) } });
  await using begun = new AsyncDisposableStack();
  begun.defer(() => log.close(clock));
  const [built] = await buildSinks([config], { log, clock });
  if (!built) throw new Error('no sink was built');
  begun.defer(() => built.sink.close());
  try {
    return await built.sink.deliver([event], {
      ...{ attempt: 1, signal: interrupted },
      json: new Map(json === undefined ? [] : [[event.id, json]]),
    });
  } catch (error) {
    if (interrupted.aborted) return null;
    throw error;
  }
}

/** A recorded event, or a sample, which has no `json`. */
type ChosenEvent = Pick<PositionedEvent, 'event'> & Partial<PositionedEvent>;

async function chooseEvent(
  { clock }: CommandContext,
  store: Store,
  { type = 'findall.candidate.matched', event: id }: TestOptions,
): Promise<ChosenEvent> {
  if (id !== undefined) {
    const found = await findEvent(store, id);
    if (found) return found;
    throw unknownEvent(id);
  }
  const [last] = await store.events({ types: [type], latestFirst: true, limit: 1 });
  if (last) return last;
  return { event: sampleEvent(type, { unique: newId(), now: clock.now() }) };
}

/** What the sink said, and what the daemon would make of it. */
function outcomeTexts({ name, retry }: SinkConfig, outcome: DeliveryOutcome): string[] {
  if (outcome.kind === 'delivered') {
    return [
      `delivered to sink ${name}${outcome.answer === undefined ? '' : ` (${cleanText(outcome.answer, 200)})`}`,
    ];
  }
  return [`not delivered to sink ${name}: ${cleanText(outcome.reason, 300)}`, CLASSES[outcome.kind](retry)];
}

const CLASSES: Readonly<
  Record<Exclude<DeliveryOutcome['kind'], 'delivered'>, (retry: RetryPolicy) => string>
> = {
  retry: ({ firstMs, giveUpMs }) =>
    `a temporary failure: serve would try again after ${formatDuration(firstMs)}, and for ${formatDuration(giveUpMs)} before it is dead`,
  rejected: () =>
    'rejected: serve would not retry this message (it would be dead) and would go on with the next one',
  stopped: () =>
    'the receiver asked for no more deliveries: serve would stop this sink and keep its pending deliveries; fix it, then run findall-watch redeliver',
};
