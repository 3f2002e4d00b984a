import { type Kysely, sql, type Transaction } from 'kysely';
import { freePolls, isKeyRefused } from './claim-runs.ts';
import { RUN_COLUMNS } from './run-columns.ts';
import type { Commits } from '../commits.ts';
import type { LeaseClock } from '../sql/lease-clock.ts';
import type { RunSchemas, SchemaClaim, SchemaLease } from '../run-schemas.ts';
import type { Schema } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';

/** From one try to the next: twice as long each time. Longer than a request may take. */
const RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 60 * 60_000;

/** The schemas of runs over a SQL database. */
export function createRunSchemas(db: Kysely<Schema>, commits: Commits, leaseClock: LeaseClock): RunSchemas {
  return {
    async claimSchema(claim) {
      if (claim.only?.length === 0) return null;
      const due = { now: claim.now, only: claim.only };
      if ((await firstLacking.first(db, due)) === undefined) return null;
      return await commits.unsynced((trx) => claimWithin(trx, { ...claim, leaseClock }));
    },

    recordSchema: (lease, schema) =>
      commits.unsynced(async (trx) => {
        const row = { schema: RUN_COLUMNS.schema.write(schema), schema_episode: lease.episode };
        const { numUpdatedRows } = await trx
          .updateTable('runs')
          .set({ ...row, schema_tries: 0, schema_try_at: 0 })
          .where('findall_id', '=', lease.findallId)
          .where('schema_tries', '=', lease.tries)
          .where('schema_try_at', '=', lease.nextTryAt)
          .executeTakeFirst();
        return numUpdatedRows > 0n;
      }),

    askSchemaAgain: (findallId, now) =>
      commits.unsynced(async (trx) => {
        await trx
          .updateTable('runs')
          .set({ schema_episode: 0, schema_try_at: now })
          .where('findall_id', '=', findallId)
          .whereRef('schema_episode', '=', 'episode')
          .execute();
      }),
  };
}

type Due = Pick<SchemaClaim, 'now'> & { only: readonly string[] | undefined };
type Lacking = { findall_id: string; episode: number; schema_tries: number };

async function claimWithin(
  trx: Transaction<Schema>,
  claim: SchemaClaim & { leaseClock: LeaseClock },
): Promise<SchemaLease | null> {
  const { now, only } = claim;
  if ((await freePolls(trx, claim)) <= 0 || (await isKeyRefused(trx, claim.keyFingerprint))) return null;
  const found = await lockLacking.first(trx, { now, only });
  if (found === undefined) return null;
  const { findall_id: findallId, episode, schema_tries: before } = found;
  const nextTryAt = now + Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** Math.min(before, 10));
  const lease = { findallId, episode, tries: before + 1, nextTryAt };
  await beginTry.changed(trx, lease);
  return lease;
}

const firstLacking = statement<Due, object>((db, due) => lacking(db, due));

const lockLacking = statement<Due, Lacking>((db, due) => lacking(db, due).forUpdate().skipLocked());

const beginTry = statement<Omit<SchemaLease, 'episode'>, object>((db, { findallId, tries, nextTryAt }) =>
  db
    .updateTable('runs')
    .set({ schema_tries: tries, schema_try_at: nextTryAt })
    .where('findall_id', '=', findallId),
);

/** By the terms of the index `runs_without_schema`, so that it is used. */
function lacking(db: Kysely<Schema>, { now, only }: Due) {
  const due = db
    .selectFrom('runs')
    .select(['findall_id', 'episode', 'schema_tries'])
    .whereRef('schema_episode', '<', 'episode')
    .where('next_poll_at', 'is not', null)
    .where('last_snapshot_at', 'is not', null)
    .where('schema_try_at', '<=', now)
    .orderBy('schema_try_at')
    .limit(1);
  return only ? due.where('findall_id', 'in', only) : due;
}

/** To change the runs whose schema is missing or old. */
export function lackingSchema(db: Kysely<Schema>) {
  return db
    .updateTable('runs')
    .where(sql.ref('schema_episode'), '<', sql.ref('episode'))
    .where('next_poll_at', 'is not', null)
    .where('last_snapshot_at', 'is not', null);
}
