import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../../config/config.ts';
import { jsonLine } from '../../text/json-line.ts';
import { parseSince } from '../arguments/choose-events.ts';
import { readDeliveryPages, readOutboxRows } from '../arguments/fold-deliveries.ts';
import { backlogLines, deliveryJson } from '../output/outbox-text.ts';
import { type OutboxRow, outboxTable } from '../output/outbox-table.ts';
import { layOut, type TextLine } from '../../text/wrap-text.ts';
import type { DeliveryState, SinkBacklog } from '../../record/outbox-operations.ts';
import type { Store } from '../../record/store.ts';
import { knownRun } from '../arguments/find-run.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { isUndeclared, undeclaredFix } from '../../record/declared/undeclared.ts';
import { declaredNames, knownSink } from '../arguments/known-sink.ts';
import { layoutFor } from '../output/layout.ts';
import { withStore } from '../with-store.ts';

interface OutboxOptions extends CommonOptions {
  sink?: string;
  run?: string;
  since?: number;
  dead?: boolean;
  pending?: boolean;
  all?: boolean;
  each?: boolean;
  limit: number;
  json?: boolean;
}

/** `outbox`: what was not delivered to whom and why, and the status of the sinks. */
export function addOutbox(program: Command, context: CommandContext): void {
  withStateOptions(program.command('outbox'))
    .summary('list pending and dead deliveries, and the sinks')
    .description('list pending and dead deliveries and the status of sinks')
    .option('--sink <name>', 'only deliveries to this sink')
    .option('--run <run>', 'only deliveries of this run: label, id or first words of the objective')
    .option('--since <time>', 'only what died or was queued since then: 1h, or an ISO time', (text) =>
      parseSince(text, context),
    )
    .option('--dead', 'only dead deliveries')
    .option('--pending', 'only pending deliveries')
    .option('--all', 'also delivered and dropped deliveries')
    .option('--each', 'list each delivery, also where many failed alike')
    .option('--limit <count>', 'list at most this many rows, oldest first', parseLimit, 50)
    .option('--json', 'write each delivery as a line of JSON')
    .addHelpText('after', example('findall-watch outbox --dead --since 1d'))
    .action((options: OutboxOptions) =>
      withStore(context, options, (store, config, shared) => showOutbox(shared, store, config, options)),
    );
}

async function showOutbox(
  context: CommandContext,
  store: Store,
  config: Config,
  options: OutboxOptions,
): Promise<void> {
  const { sink, run, since, limit, json, each = false } = options;
  if (sink !== undefined) await knownSink(store, config, sink);
  const states = statesOf(options);
  const filter = {
    ...(sink === undefined ? {} : { sink }),
    ...(run === undefined ? {} : { stream: (await knownRun(store, run)).findallId }),
    ...(since === undefined ? {} : { since }),
    ...(states === null ? {} : { states }),
    limit,
  };
  if (json) {
    for await (const page of readDeliveryPages(store, filter))
      for (const delivery of page) context.stdout.write(jsonLine(deliveryJson(delivery)));
    return;
  }
  const { width } = layoutFor(context.stdout, context.env);
  const found = await readOutboxRows(store, filter, { isFolded: !each });
  const around = { backlog: await store.backlog(), declared: await declaredNames(store, config) };
  const lines =
    found.rows.length === 0
      ? layOut(emptyLines(options, around.backlog, context.clock.now()), width)
      : outboxLines(found, options, { ...around, now: context.clock.now(), width });
  context.stdout.write(`${lines.join('\n')}\n`);
}

/** Nothing is listed; a failing sink is shown all the same. */
function emptyLines(options: OutboxOptions, backlog: readonly SinkBacklog[], now: number): TextLine[] {
  const { sink, run } = options;
  const failing = backlog.filter((each) => each.sink === (sink ?? each.sink) && each.state !== 'running');
  const whose = `${sink === undefined ? '' : ` of sink ${sink}`}${run === undefined ? '' : ' of this run'}`;
  const text = `nothing${whose} is ${statesOf(options)?.join(' or ') ?? 'recorded'}`;
  return [...failing.flatMap((each) => backlogLines(each, now)), { text, indent: 0 }];
}

interface Around {
  backlog: readonly SinkBacklog[];
  /** Names of the sinks that a process delivers to. */
  declared: ReadonlySet<string>;
  now: number;
  width: number;
}

function outboxLines(
  { rows, isMore }: { rows: readonly OutboxRow[]; isMore: boolean },
  { sink, limit }: OutboxOptions,
  around: Around,
): string[] {
  const isFolded = rows.some(({ group }) => group.count > 1);
  const hints = [
    ...(isMore ? [`… and more: --limit ${limit * 2} shows more of them`] : []),
    ...(isFolded ? ['--each lists every delivery.'] : []),
    ...deadHints(rows, sink),
  ];
  return [
    ...layOut(summaryLines(sink, around), around.width),
    '',
    ...outboxTable(rows, around),
    ...(hints.length === 0 ? [] : ['']),
    ...layOut(
      hints.map((text) => ({ text: text.trimStart(), indent: text.startsWith(' ') ? 2 : 0 })),
      around.width,
    ),
  ];
}

/** Redelivered before its reason is fixed, a delivery is most likely dead again. */
function deadHints(rows: readonly OutboxRow[], asked: string | undefined): string[] {
  const dead = new Set(rows.flatMap(({ group }) => (group.state === 'dead' ? [group.sink] : [])));
  if (dead.size === 0) return [];
  const [only] = dead.size === 1 ? dead : [asked];
  return [
    'Dead deliveries are not retried automatically. Fix the reason, then requeue or drop them:',
    `  findall-watch redeliver ${only === undefined ? '' : `--sink ${only} `}--dead`,
    `  findall-watch drop --sink ${only ?? 'NAME'} --dead`,
  ];
}

/** Null: all. */
function statesOf({ dead, pending, all }: OutboxOptions): DeliveryState[] | null {
  if (all) return null;
  if (dead === pending) return ['pending', 'dead'];
  return [dead ? 'dead' : 'pending'];
}

/** How every sink stands, or the one that is asked about. */
function summaryLines(sink: string | undefined, { backlog, declared, now }: Around): TextLine[] {
  const names = new Set([...backlog.map((each) => each.sink), ...declared]);
  return [...names].toSorted().flatMap((name) => {
    if (name !== (sink ?? name)) return [];
    const each = backlog.find((one) => one.sink === name);
    const lines = each ? backlogLines(each, now) : [{ text: `sink ${name}: nothing pending`, indent: 0 }];
    if (!declared.has(name)) lines.push({ text: notDeclaredText(each), indent: 4 });
    return lines;
  });
}

function notDeclaredText(backlog: SinkBacklog | undefined): string {
  if (backlog === undefined || !isUndeclared(backlog)) return 'not declared: no daemon delivers to it';
  return `not declared: no daemon delivers to it; ${undeclaredFix(backlog.sink)}`;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 100_000) return limit;
  throw new InvalidArgumentError('Write a whole number from 1 to 100000');
}
