import type { Kysely } from 'kysely';
import { claimDueDeliveries } from './outbox/claim-deliveries.ts';
import { composeStore } from './compose-store.ts';
import { createCommits } from './commits.ts';
import { createDeclarationStore } from './declared/declaration-store.ts';
import { createHistory } from './events/history.ts';
import { createOutboxOperations } from './outbox/outbox-operations.ts';
import { createReloadRequests } from './declared/reload-requests.ts';
import { createPollStore } from './runs/poll-store.ts';
import { makeAllDueNow } from './runs/make-all-due.ts';
import { prune } from './upkeep/prune.ts';
import { dialectOf } from './sql/dialects/dialect-of.ts';
import type { LeaseClock } from './sql/lease-clock.ts';
import { createRenewals } from './runs/renew-lease.ts';
import { releaseOwner } from './runs/release-owner.ts';
import { createRunRegistry } from './runs/run-registry.ts';
import { createRunSchemas } from './runs/run-schemas-store.ts';
import type { Schema } from './sql/schema.ts';
import { settleDelivery } from './outbox/settle-delivery.ts';
import { createSinkRegistry } from './declared/sink-registry.ts';
import type { Store } from './store.ts';

export interface SqlStoreOptions {
  /** By which leases are judged; absent: by the clock of the dialect. */
  leaseClock?: LeaseClock;
  /** Another connection to the same database, which only reads. Absent: one serves for everything. */
  reader?: Kysely<Schema>;
}

/** The store over an open SQL database. Closing it closes the database. */
export function createSqlStore(
  db: Kysely<Schema>,
  newToken: () => string,
  { leaseClock = dialectOf(db).leaseClock, reader = db }: SqlStoreOptions = {},
): Store {
  const main = storeOver(db, newToken, leaseClock);
  if (reader === db) return main;
  const store = composeStore({ main, reader: storeOver(reader, newToken, leaseClock) });
  return {
    ...store,
    async close() {
      // The last connection to a file puts it in order.
      await reader.destroy();
      await main.close();
    },
  };
}

/** Every method over one connection or pool. */
function storeOver(db: Kysely<Schema>, newToken: () => string, leaseClock: LeaseClock): Store {
  const commits = createCommits(db);
  return {
    ...createRunRegistry(db),
    ...createPollStore(db, commits, newToken, leaseClock),
    ...createRunSchemas(db, commits, leaseClock),
    ...createRenewals(commits, leaseClock),
    ...createSinkRegistry(db),
    ...createDeclarationStore(db, commits),
    ...createReloadRequests(db),
    ...createOutboxOperations(db),
    ...createHistory(db),

    claimDueDeliveries: (claim) => claimDueDeliveries(db, commits, { ...claim, leaseClock }, newToken()),
    settle: (lease, settlement, news = {}) => settleDelivery(commits, lease, settlement, news),

    prune: (step) => prune(db, step),
    makeAllDueNow: (now) => makeAllDueNow(db, now),
    probe: () => dialectOf(db).probe(db),
    place: () => null,
    releaseOwner: (owner, how = 'died') => releaseOwner(db, owner, how),
    close: () => db.destroy(),
  };
}
