import { type Kysely, sql } from 'kysely';
import { claimDueDeliveries } from './outbox/claim-deliveries.ts';
import { createCommits } from './commits.ts';
import { createDeclarationStore, endPresence } from './declared/declaration-store.ts';
import { createHistory } from './events/history.ts';
import { createOutbox } from './outbox/outbox-operations.ts';
import { createPollStore } from './runs/poll-store.ts';
import { makeAllDueNow } from './runs/make-all-due.ts';
import { probe } from './upkeep/probe.ts';
import { prune } from './upkeep/prune.ts';
import { callersClock, type LeaseClock } from './sql/lease-clock.ts';
import { createRenewals } from './runs/renew-lease.ts';
import { NO_LEASE } from './runs/run-row.ts';
import { createRunRegistry } from './runs/run-registry.ts';
import { createRunSchemas } from './runs/run-schemas-store.ts';
import type { Schema } from './sql/schema.ts';
import { settleDelivery } from './outbox/settle-delivery.ts';
import { createSinkRegistry } from './declared/sink-registry.ts';
import type { Store } from './store.ts';

/** Times in a row that a delivery may be cut off by the death of the process before it waits for its lease to run out. */
const ALONE_AFTER_CRASHES = 3;

export interface SqlStoreOptions {
  /** By which leases are judged. */
  leaseClock?: LeaseClock;
  /** Another connection to the same database, which only reads. Absent: one serves for everything. */
  reader?: Kysely<Schema>;
}

/** The store over an open SQL database. Closing it closes the database. */
export function createSqlStore(
  db: Kysely<Schema>,
  newToken: () => string,
  { leaseClock = callersClock, reader = db }: SqlStoreOptions = {},
): Store {
  const commits = createCommits(db);
  return {
    ...createRunRegistry(db),
    ...createPollStore(db, commits, newToken, leaseClock),
    ...createRunSchemas(db, commits, leaseClock),
    ...createRenewals(commits, leaseClock),
    ...createSinkRegistry(db),
    ...createDeclarationStore(db, commits),
    ...createOutbox(db),
    ...createHistory(db),

    claimDueDeliveries: (claim) => claimDueDeliveries(db, commits, { ...claim, leaseClock }, newToken()),
    settle: (lease, settlement, news = {}) => settleDelivery(commits, lease, settlement, news),

    prune: (step) => prune(db, step),
    makeAllDueNow: (now) => makeAllDueNow(db, now),
    probe: () => probe(db),
    place: () => null,

    async releaseOwner(owner, how = 'died') {
      await db.transaction().execute(async (trx) => {
        await endPresence(trx, owner);
        await trx
          .updateTable('runs')
          .set(NO_LEASE)
          .$if(how === 'stopped', (update) =>
            update.set((run) => ({ unfinished: run('unfinished', '-', 1) })),
          )
          .where('lease_owner', '=', owner)
          .where('lease_expires_at', 'is not', null)
          .execute();
        await trx
          .updateTable('lanes')
          .set(NO_LEASE)
          .where('lease_owner', '=', owner)
          .where((is) =>
            is.not(
              is.exists(
                is
                  .selectFrom('deliveries')
                  .select('sequence')
                  .whereRef('deliveries.sink', '=', 'lanes.sink')
                  .whereRef('deliveries.stream', '=', 'lanes.stream')
                  .where('state', '=', sql.lit('pending'))
                  .where('crashed_attempts', '>=', ALONE_AFTER_CRASHES),
              ),
            ),
          )
          .execute();
      });
    },

    ...readingBy(reader),

    async close() {
      // The last connection to a file puts it in order.
      if (reader !== db) await reader.destroy();
      await db.destroy();
    },
  };
}

/** What people and programs look at beside the pipeline: nothing of it waits for a long record. */
function readingBy(reader: Kysely<Schema>) {
  const { run, runs, tallyRuns } = createRunRegistry(reader);
  const { backlog } = createSinkRegistry(reader);
  const { deliveries, traceEvent, traceCandidate } = createOutbox(reader);
  const { events, candidates, key } = createHistory(reader);
  return { run, runs, tallyRuns, backlog, deliveries, traceEvent, traceCandidate, events, candidates, key };
}
