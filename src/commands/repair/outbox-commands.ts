/** `redeliver` and `drop`: change what is pending by hand, whether a daemon runs on the same store or not. */
import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { cleanText } from '../../text/clean-text.ts';
import { deliveryName } from '../output/outbox-text.ts';
import type { DeliveryState } from '../../record/outbox-operations.ts';
import type { Store } from '../../record/store.ts';
import { findEvent } from '../arguments/choose-events.ts';
import { readOutboxRows } from '../arguments/fold-deliveries.ts';
import { outboxTable } from '../output/outbox-table.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { declaredNames, knownSink } from '../arguments/known-sink.ts';
import { createSay, layoutFor } from '../output/layout.ts';
import { withStore } from '../with-store.ts';

interface OutboxCommandOptions extends CommonOptions {
  sink?: string;
  dead?: boolean;
  pending?: boolean;
  all?: boolean;
  yes?: boolean;
}

/** What is changed: deliveries by id, or those of a sink in some states. */
type Target = { sink: string; eventId: string } | { sink: string; states?: readonly DeliveryState[] };

/** Adds both commands. */
export function addOutboxCommands(program: Command, context: CommandContext): void {
  withStateOptions(program.command('redeliver'))
    .summary('requeue dead deliveries, resume a stopped sink')
    .description('requeue dead or dropped deliveries, retry pending ones now, resume a stopped sink')
    .argument('[delivery...]', 'deliveries as outbox lists them, such as crm/evt_0c6f12ab')
    .option('--sink <name>', 'all pending, dead and dropped deliveries to this sink')
    .option('--dead', 'only dead deliveries: of the sink, or after a question of all sinks')
    .option('-y, --yes', 'with --dead for all sinks: do not ask')
    .addHelpText(
      'after',
      example('findall-watch redeliver --dead', 'findall-watch redeliver crm/evt_0c6f12ab'),
    )
    .action((names: string[], options: OutboxCommandOptions) =>
      withStore(context, options, (store, config, shared) =>
        redeliver(shared, store, config, { names, options }),
      ),
    );

  withStateOptions(program.command('drop'))
    .summary('drop pending or dead deliveries')
    .description('drop pending or dead deliveries; redeliver brings them back')
    .argument('[delivery...]', 'deliveries as outbox lists them, such as crm/evt_0c6f12ab')
    .option('--sink <name>', 'deliveries to this sink; needs --dead, --pending or --all')
    .option('--dead', 'with --sink: its dead deliveries')
    .option('--pending', 'with --sink: its pending deliveries')
    .option('--all', 'with --sink: its dead and its pending deliveries')
    .addHelpText(
      'after',
      example('findall-watch drop --sink crm --dead', 'findall-watch drop crm/evt_0c6f12ab'),
    )
    .action((names: string[], options: OutboxCommandOptions) =>
      withStore(context, options, (store, config, shared) => drop(shared, store, config, { names, options })),
    );
}

interface Asked {
  names: readonly string[];
  options: OutboxCommandOptions;
}

async function redeliver(
  context: CommandContext,
  store: Store,
  config: Config,
  { names, options }: Asked,
): Promise<void> {
  const states: DeliveryState[] | undefined = options.dead ? ['dead'] : undefined;
  const isAllDead = names.length === 0 && options.sink === undefined && options.dead === true;
  const targets = isAllDead
    ? await allDead(context, store, options.yes === true)
    : await targetsOf(store, config, { names, options }, states);
  const sinks = new Set(targets.map(({ sink }) => sink));
  const stopped = (await store.backlog()).filter(({ sink, state }) => sinks.has(sink) && state === 'stopped');
  const say = createSay(context);
  let count = 0;
  for (const target of targets) {
    const again = await store.redeliver(target, context.clock.now());
    count += again;
    if (again === 0) say(nothingText(target, 'to redeliver'));
  }
  await store.resumeSinks([...sinks], context.clock.now());
  for (const { sink } of stopped) say(`sink ${sink} had stopped and is tried again`);
  if (count === 0) return;
  say(
    `${counted(count)} pending and due now; the daemon delivers ${count === 1 ? 'it' : 'them'} in sequence. To see how far it is: findall-watch outbox`,
  );
  const declared = await declaredNames(store, config);
  for (const sink of sinks) {
    if (!declared.has(sink))
      say(`sink ${sink} is not declared: no daemon delivers to it until one declares it`);
  }
}

/** What is dead at any sink, shown, once somebody has agreed to redeliver it; nothing otherwise. */
async function allDead(context: CommandContext, store: Store, isAgreed: boolean): Promise<Target[]> {
  const { stdout, env, clock } = context;
  const dead = (await store.backlog()).filter((sink) => sink.dead > 0);
  if (dead.length === 0) {
    stdout.write('nothing is dead\n');
    return [];
  }
  const { rows, isMore } = await readOutboxRows(
    store,
    { states: ['dead'], limit: SHOWN },
    { isFolded: true },
  );
  const { width } = layoutFor(stdout, env);
  const around = { backlog: await store.backlog(), now: clock.now(), width };
  stdout.write(`${[...outboxTable(rows, around), ...(isMore ? ['… and more'] : [])].join('\n')}\n\n`);
  const count = dead.reduce((sum, sink) => sum + sink.dead, 0);
  const what = `${count === 1 ? '1 dead delivery' : `${count} dead deliveries`} to ${dead.map(({ sink }) => cleanText(sink, 64)).join(', ')}`;
  const agreed = isAgreed || (await context.confirm(`Redeliver ${what}? [y/N] `));
  if (agreed === null) {
    throw new OperatorError(EXIT.usage, `would redeliver ${what}, but there is no terminal to ask on`, {
      hint: 'nothing was changed. To redeliver them: findall-watch redeliver --dead --yes',
    });
  }
  if (!agreed) stdout.write('nothing was changed\n');
  return agreed ? dead.map(({ sink }) => ({ sink, states: ['dead'] as const })) : [];
}

/** Rows that are shown before the question. */
const SHOWN = 20;

async function drop(
  context: CommandContext,
  store: Store,
  config: Config,
  { names, options }: Asked,
): Promise<void> {
  const { sink, dead, pending, all } = options;
  const states: DeliveryState[] = [
    ...(dead || all ? ['dead' as const] : []),
    ...(pending || all ? ['pending' as const] : []),
  ];
  if (sink !== undefined && states.length === 0) {
    throw new OperatorError(EXIT.usage, `drop --sink ${cleanText(sink, 64)} needs to know which deliveries`, {
      hint: 'say which: --dead, --pending or --all',
    });
  }
  const say = createSay(context);
  let count = 0;
  for (const target of await targetsOf(store, config, { names, options }, states)) {
    const dropped = await store.drop(target, context.clock.now());
    count += dropped;
    if (dropped === 0) say(nothingText(target, 'to drop'));
  }
  if (count === 0) return;
  const them = count === 1 ? 'it' : 'them';
  say(`${counted(count)} dropped: explain still shows ${them}, and redeliver requeues ${them}`);
}

/** What is meant. Throws OperatorError when it is not said, or not there. */
async function targetsOf(
  store: Store,
  config: Config,
  { names, options: { sink, dead, pending, all } }: Asked,
  states: readonly DeliveryState[] | undefined,
): Promise<Target[]> {
  if ((names.length === 0) === (sink === undefined)) {
    throw new OperatorError(EXIT.usage, 'name either deliveries or a sink', {
      hint: 'findall-watch outbox lists deliveries, such as crm/evt_0c6f12ab; a sink is --sink crm',
    });
  }
  if (sink !== undefined) {
    await knownSink(store, config, sink);
    return [{ sink, ...(states === undefined ? {} : { states }) }];
  }
  if (dead || pending || all) {
    throw new OperatorError(EXIT.usage, '--dead, --pending and --all are about a sink', {
      hint: 'deliveries that are named need none of them',
    });
  }
  const targets: Target[] = [];
  for (const name of names) targets.push(await knownDelivery(store, config, name));
  return targets;
}

/** The delivery of this name, `SINK/evt_…`, of which the beginning of the id is enough. */
async function knownDelivery(store: Store, config: Config, name: string): Promise<Target> {
  const [sink = '', ...id] = name.split('/');
  if (id.length > 0) await knownSink(store, config, sink);
  const found = await findEvent(store, id.join('/'));
  const [delivery] = found ? await store.deliveries({ sink, eventId: found.event.id, limit: 1 }) : [];
  if (delivery) return { sink, eventId: delivery.eventId };
  throw new OperatorError(EXIT.usage, `no delivery is named ${JSON.stringify(cleanText(name, 120))}`, {
    hint: 'names look like crm/evt_0c6f12ab, findall-watch outbox --all shows them',
  });
}

function nothingText(target: Target, what: string): string {
  if (!('eventId' in target)) return `nothing of sink ${target.sink} is there ${what}`;
  const { sink, eventId } = target;
  const again =
    what === 'to redeliver'
      ? `; to send it once more: findall-watch test-sink ${sink} --event ${eventId}`
      : '';
  return `${deliveryName(target)} is settled: nothing ${what}${again}`;
}

function counted(count: number): string {
  return count === 1 ? '1 delivery is' : `${count} deliveries are`;
}
