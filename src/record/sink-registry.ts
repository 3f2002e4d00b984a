import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { RunEvent } from '../model.ts';
import { appendEvents } from './append-events.ts';
import type { SinkBacklog, SinkChange, SinkNews, SinkRegistry, SinkStanding } from './outbox.ts';
import type { Schema, SinkTable } from './schema.ts';
import { statement } from './statement.ts';

/** The sinks over a SQL database. */
export function createSinkRegistry(db: Kysely<Schema>): SinkRegistry {
  return {
    resumeSinks: (names, now) => db.transaction().execute((trx) => resumeSinksWithin(trx, names, now)),
    hastenSinks: (names, now) => hastenSinksWithin(db, names, now),

    backlog: () => backlog(db),
  };
}

/** See `SinkRegistry.resumeSinks`. */
export async function resumeSinksWithin(
  trx: Transaction<Schema>,
  names: readonly string[],
  now: number,
): Promise<void> {
  if (names.length === 0) return;
  // Failing, not running: what was told of it is recovered by a success only.
  await trx
    .updateTable('sinks')
    .set({ state: 'failing' })
    .where('name', 'in', names)
    .where('state', '=', 'stopped')
    .execute();
  await trx
    .updateTable('lanes')
    .set({ next_attempt_at: now })
    .where('sink', 'in', names)
    .where('held_by', 'is not', null)
    .execute();
}

/** See `SinkRegistry.hastenSinks`. */
export async function hastenSinksWithin(
  db: Kysely<Schema>,
  names: readonly string[],
  now: number,
): Promise<void> {
  if (names.length === 0) return;
  await db
    .updateTable('lanes')
    .set({ next_attempt_at: now })
    .where('sink', 'in', names)
    .where('next_attempt_at', '>', now)
    .execute();
}

/** The row of a sink; made with its first mention. */
export async function sinkRow(trx: Transaction<Schema>, name: string): Promise<Selectable<SinkTable>> {
  return (await sinkNamed.first(trx, { name })) ?? (await mentioned(trx, name, sinkByName(trx, { name })));
}

/** The row of a sink, if there is one. */
export const sinkNamed = statement<{ name: string }, Selectable<SinkTable>>(sinkByName);

function sinkByName(db: Kysely<Schema>, { name }: { name: string }) {
  return db.selectFrom('sinks').selectAll().where('name', '=', name);
}

/** The same, and nobody else decides by it or changes it before this transaction ends. */
export async function lockedSinkRow(trx: Transaction<Schema>, name: string): Promise<Selectable<SinkTable>> {
  const find = sinkByName(trx, { name }).forUpdate();
  return (await find.executeTakeFirst()) ?? (await mentioned(trx, name, find));
}

async function mentioned(
  trx: Transaction<Schema>,
  name: string,
  find: { executeTakeFirstOrThrow(): Promise<Selectable<SinkTable>> },
): Promise<Selectable<SinkTable>> {
  await mention(trx, name);
  return await find.executeTakeFirstOrThrow();
}

/** How a sink stands, of its row. */
export function standingOf(row: Selectable<SinkTable>): SinkStanding {
  return {
    state: row.state as SinkStanding['state'],
    episode: row.episode,
    since: row.since,
    told: row.told as SinkStanding['told'],
  };
}

/** What an attempt says about its sink, inside the transaction that settles it; gives the events that tell it. */
export async function takeNews(
  trx: Transaction<Schema>,
  sink: string,
  { change, pausedUntil }: SinkNews,
  now: number,
): Promise<RunEvent[]> {
  if (!change && !pausedUntil) return [];
  const row = await lockedSinkRow(trx, sink);
  // Of several answers the longest pause counts: each speaks for the limit that it has met.
  if (pausedUntil && pausedUntil > (row.paused_until ?? 0)) {
    await ofSink(trx, sink).set({ paused_until: pausedUntil }).execute();
  }
  if (!change) return [];
  const standing = standingOf(row);
  // Of several attempts that end together only the first ends the episode; nothing but `resumeSinks` ends a stop. And a
  // stop is one in whatever episode it was asked for: nothing comes after it that would tell it.
  if (standing.episode !== change.episode && change.kind !== 'stopped') return [];
  if (standing.state === 'stopped' && change.kind !== 'stopped') return [];
  await ofSink(trx, sink)
    .set(afterChange(standing, change, now))
    .execute();
  return change.event && isNews(change, standing) ? await appendEvents(trx, [change.event], now) : [];
}

/** In an episode a state is told once, a stop after a failure, and the end if anything was told. */
function isNews({ kind }: SinkChange, { told }: SinkStanding): boolean {
  if (kind === 'recovered') return told !== null;
  return told === null || (told === 'failing' && kind === 'stopped');
}

function afterChange(before: SinkStanding, change: SinkChange, now: number): Partial<SinkTable> {
  if (change.kind === 'recovered') {
    return { state: 'running', episode: before.episode + 1, since: null, reason: null, told: null };
  }
  const told = change.event && isNews(change, before) ? change.kind : before.told;
  // A stop is the settlement's own: it says why it stopped.
  if (change.kind === 'stopped') return { told };
  return { state: 'failing', since: before.since ?? now, reason: change.reason, told };
}

/** Makes the rows of sinks that have none, in one order wherever several are locked. */
export async function mentionAll(trx: Transaction<Schema>, names: readonly string[]): Promise<void> {
  for (const name of names.toSorted()) await mention(trx, name);
}

async function mention(trx: Transaction<Schema>, name: string): Promise<void> {
  await trx
    .insertInto('sinks')
    .values({ name, state: 'running', episode: 1, sent_at: '[]' })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
}

/** The update of one sink. */
export function ofSink(trx: Transaction<Schema>, name: string) {
  return trx.updateTable('sinks').where('name', '=', name);
}

/** Two look-ups in partial indexes: what has been delivered, by far the most, is not read. */
async function backlog(db: Kysely<Schema>): Promise<SinkBacklog[]> {
  const owed = await db
    .selectFrom('deliveries')
    .select((of) => ['sink', of.fn.countAll<number>().as('count'), of.fn.min('owed_at').as('oldest')])
    .where('state', '=', sql.lit('owed'))
    .groupBy('sink')
    .execute();
  const dead = await db
    .selectFrom('deliveries')
    .select((of) => ['sink', of.fn.countAll<number>().as('count')])
    .where('state', '=', sql.lit('dead'))
    .groupBy('sink')
    .execute();
  const rows = await db
    .selectFrom('sinks')
    .select(['name', 'settings', 'state', 'since', 'reason', 'paused_until'])
    .execute();
  const troubled = rows.filter(({ state }) => state !== 'running');
  const names = new Set([...owed, ...dead].map(({ sink }) => sink).concat(troubled.map(({ name }) => name)));
  return [...names].toSorted().map((sink) => {
    const owing = owed.find((row) => row.sink === sink);
    const standing = troubled.find((row) => row.name === sink);
    return {
      sink,
      isDeclared: (rows.find(({ name }) => name === sink)?.settings ?? null) !== null,
      owed: owing?.count ?? 0,
      dead: dead.find((row) => row.sink === sink)?.count ?? 0,
      oldestOwedAt: owing?.oldest ?? null,
      state: (standing?.state ?? 'running') as SinkStanding['state'],
      since: standing?.since ?? null,
      reason: standing?.reason ?? null,
      pausedUntil: rows.find(({ name }) => name === sink)?.paused_until ?? null,
    };
  });
}
