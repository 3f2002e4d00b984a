import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../config/config.ts';
import { jsonLine } from '../present/json-line.ts';
import { backlogText, deliveryJson, deliveryTable } from '../present/outbox-text.ts';
import { layOut, type TextLine } from '../present/wrap-text.ts';
import type { DeliveryState, SinkBacklog } from '../record/outbox.ts';
import type { Store } from '../record/store.ts';
import { knownRun } from './choose-events.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from './command-context.ts';
import { knownSink, paidSinks } from './known-sink.ts';
import { createSay, layoutFor } from './output-layout.ts';
import { withStore } from './with-store.ts';

interface OutboxOptions extends CommonOptions {
  sink?: string;
  run?: string;
  dead?: boolean;
  owed?: boolean;
  all?: boolean;
  limit: number;
  json?: boolean;
}

/** `outbox`: how the sinks stand, and every delivery that is not settled well. */
export function addOutbox(program: Command, context: CommandContext): void {
  withStateOptions(program.command('outbox'))
    .description('list what sinks are owed and what is dead, and how each sink stands')
    .option('--sink <name>', 'only of this sink')
    .option('--run <id>', 'only of this run')
    .option('--dead', 'only what is dead')
    .option('--owed', 'only what is owed')
    .option('--all', 'delivered and dropped too')
    .option('--limit <count>', 'at most so many deliveries, oldest first', parseLimit, 50)
    .option('--json', 'one delivery a line as JSON')
    .addHelpText('after', example('findall-watch outbox --sink crm --dead'))
    .action((options: OutboxOptions) =>
      withStore(context, options, (store, config) => showOutbox(context, store, config, options)),
    );
}

async function showOutbox(
  context: CommandContext,
  store: Store,
  config: Config,
  options: OutboxOptions,
): Promise<void> {
  const { sink, run, limit, json } = options;
  if (sink !== undefined) await knownSink(store, config, sink);
  const states = statesOf(options);
  const deliveries = await store.deliveries({
    ...(sink === undefined ? {} : { sink }),
    ...(run === undefined ? {} : { stream: (await knownRun(store, run)).findallId }),
    ...(states === null ? {} : { states }),
    limit: limit + 1,
  });
  // One sink after the other: what they share, such as the reason, stands together.
  const shown = deliveries.slice(0, limit).toSorted((a, b) => a.sink.localeCompare(b.sink));
  const { stdout, env, clock } = context;
  if (json) {
    for (const delivery of shown) stdout.write(jsonLine(deliveryJson(delivery)));
    return;
  }
  const now = clock.now();
  const { width } = layoutFor(stdout, env);
  const backlog = await store.backlog();
  if (shown.length === 0) {
    const whose = `${sink === undefined ? '' : ` of sink ${sink}`}${run === undefined ? '' : ` of this run`}`;
    const troubled = backlog.filter((each) => each.sink === (sink ?? each.sink) && each.state !== 'running');
    for (const each of troubled) createSay(context)(backlogText(each, now));
    stdout.write(`nothing${whose} is ${states?.join(' or ') ?? 'recorded'}\n`);
    return;
  }
  const summary = await summaryOf(store, config, { backlog, sink, now });
  const lines = [
    ...layOut(summary, width),
    '',
    ...deliveryTable(shown, backlog, { now, width }),
    ...(deliveries.length > limit ? [`… and more: --limit ${limit * 2} shows more of them`] : []),
    ...(shown.some(({ state }) => state === 'dead') ? ['', ...layOut([DEAD_HINT], width)] : []),
  ];
  stdout.write(`${lines.join('\n')}\n`);
}

const DEAD_HINT = {
  text: 'Dead is never told by itself: findall-watch redeliver tells it after all, findall-watch drop puts it aside.',
  indent: 0,
};

/** Null: all. */
function statesOf({ dead, owed, all }: OutboxOptions): DeliveryState[] | null {
  if (all) return null;
  if (dead === owed) return ['owed', 'dead'];
  return [dead ? 'dead' : 'owed'];
}

/** One line for every sink, or for the one that is asked about. */
async function summaryOf(
  store: Store,
  config: Config,
  { backlog, sink, now }: { backlog: readonly SinkBacklog[]; sink: string | undefined; now: number },
): Promise<TextLine[]> {
  const paid = await paidSinks(store, config);
  const names = new Set([...backlog.map((each) => each.sink), ...paid]);
  return [...names].toSorted().flatMap((name) => {
    if (name !== (sink ?? name)) return [];
    const each = backlog.find((one) => one.sink === name);
    const text = each ? backlogText(each, now) : `sink ${name}: nothing owed`;
    const paying = paid.has(name) ? '' : '; not configured, so nobody pays it';
    return [{ text: `${text}${paying}`, indent: 0, hang: 4 }];
  });
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 100_000) return limit;
  throw new InvalidArgumentError('Write a whole number from 1 to 100000');
}
