import type { UpdateResult } from 'kysely';
import type { Renewal } from '../model.ts';
import type { Commits } from './commits.ts';
import type { LeaseClock } from './lease-clock.ts';
import type { DeliveryLease, DeliveryStore } from './outbox.ts';
import type { PollStore, RunLease } from './store.ts';

type Renewals = Pick<PollStore, 'renewRun'> & Pick<DeliveryStore, 'renewDelivery'>;

/** Leases made longer: by their token, like every write that ends one. */
export function createRenewals(commits: Commits, leaseClock: LeaseClock): Renewals {
  const endOf = ({ now, leaseMs }: Renewal) => ({ lease_expires_at: leaseClock(now, leaseMs) });
  const isDone = async (renewal: Promise<UpdateResult>) => (await renewal).numUpdatedRows > 0n;
  return {
    renewRun: async ({ run, token }: RunLease, renewal) =>
      await commits.unsynced(async (trx) =>
        isDone(
          trx
            .updateTable('runs')
            .set(endOf(renewal))
            .where('findall_id', '=', run.findallId)
            .where('lease_token', '=', token)
            .executeTakeFirstOrThrow(),
        ),
      ),

    renewDelivery: async ({ sink, stream, token }: DeliveryLease, renewal) =>
      await commits.unsynced(async (trx) =>
        isDone(
          trx
            .updateTable('lanes')
            .set(endOf(renewal))
            .where('sink', '=', sink)
            .where('stream', '=', stream)
            .where('lease_token', '=', token)
            .executeTakeFirstOrThrow(),
        ),
      ),
  };
}
