import { type Kysely, sql, type Transaction } from 'kysely';
import { lockDeclaration } from './declaration-lock.ts';
import type { SinkStatus } from '../outbox.ts';
import type { SinkBacklog, SinkRegistry } from '../outbox-operations.ts';
import type { Schema } from '../sql/schema.ts';
import { ofSink } from '../outbox/sink-row.ts';
import { changeSink } from '../outbox/sink-status.ts';

/** The sinks over a SQL database. */
export function createSinkRegistry(db: Kysely<Schema>): SinkRegistry {
  return {
    resumeSinks: (names, now) =>
      db.transaction().execute(async (trx) => {
        await lockDeclaration(trx, 'shared');
        await resumeSinksWithin(trx, names, now);
      }),
    retrySinksNow: (names, now) => retrySinksNowWithin(db, names, now),

    backlog: () => backlog(db),

    async hasSink(name) {
      const lane = await db.selectFrom('lanes').select('stream').where('sink', '=', name).limit(1).execute();
      return lane.length > 0;
    },
  };
}

/** See `SinkRegistry.resumeSinks`. */
export async function resumeSinksWithin(
  trx: Transaction<Schema>,
  names: readonly string[],
  now: number,
): Promise<void> {
  if (names.length === 0) return;
  const stopped = await trx
    .selectFrom('sinks')
    .select('name')
    .where('name', 'in', names)
    .where('state', '=', 'stopped')
    .orderBy('name')
    .execute();
  for (const { name } of stopped) await changeSink(trx, name, { kind: 'resumed' }, now);
  await trx
    .updateTable('lanes')
    .set({ next_attempt_at: now })
    .where('sink', 'in', names)
    .where('held_by', 'is not', null)
    .execute();
}

/** A sink that is no longer declared has no failed deliveries and is not stopped. */
export async function undeclareSinkWithin(
  trx: Transaction<Schema>,
  name: string,
  now: number,
): Promise<void> {
  await ofSink(trx, name).set({ settings: null }).execute();
  await trx
    .updateTable('deliveries')
    .set({ failed: 0 })
    .where('sink', '=', name)
    .where('failed', '=', sql.lit(1))
    .execute();
  await changeSink(trx, name, { kind: 'undeclared' }, now);
}

/** See `SinkRegistry.retrySinksNow`. */
export async function retrySinksNowWithin(
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

/** Two look-ups in partial indexes: what has been delivered, by far the most, is not read. */
async function backlog(db: Kysely<Schema>): Promise<SinkBacklog[]> {
  const pending = await db
    .selectFrom('deliveries')
    .select((of) => ['sink', of.fn.countAll<number>().as('count'), of.fn.min('queued_at').as('oldest')])
    .where('state', '=', sql.lit('pending'))
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
  const failing = rows.filter(({ state }) => state !== 'running');
  const names = new Set(
    [...pending, ...dead].map(({ sink }) => sink).concat(failing.map(({ name }) => name)),
  );
  return [...names].toSorted().map((sink) => {
    const pendingRow = pending.find((row) => row.sink === sink);
    const current = failing.find((row) => row.name === sink);
    return {
      sink,
      isDeclared: (rows.find(({ name }) => name === sink)?.settings ?? null) !== null,
      pending: pendingRow?.count ?? 0,
      dead: dead.find((row) => row.sink === sink)?.count ?? 0,
      oldestPendingAt: pendingRow?.oldest ?? null,
      state: (current?.state ?? 'running') as SinkStatus['state'],
      since: current?.since ?? null,
      reason: current?.reason ?? null,
      pausedUntil: rows.find(({ name }) => name === sink)?.paused_until ?? null,
    };
  });
}
