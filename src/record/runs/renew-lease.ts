import type { Renewal } from '../lease.ts';
import type { Commits } from '../commits.ts';
import type { LeaseClock } from '../sql/lease-clock.ts';
import type { DeliveryLease, DeliveryStore } from '../outbox.ts';
import type { PollStore, RunLease } from '../store.ts';

type Renewals = Pick<PollStore, 'renewRun'> & Pick<DeliveryStore, 'renewDelivery'>;

/** Leases made longer: by their token, like every write that ends one. */
export function createRenewals(commits: Commits, leaseClock: LeaseClock): Renewals {
  const endOf = ({ now, leaseMs }: Renewal) => ({ lease_expires_at: leaseClock(now, leaseMs) });
  return {
    renewRun: async ({ run, token }: RunLease, renewal) =>
      await commits.unsynced(async (trx) => {
        const held = trx
          .selectFrom('runs')
          .select('lease_token')
          .where('findall_id', '=', run.findallId)
          .where('lease_token', '=', token);
        const extend = trx.updateTable('runs').set(endOf(renewal)).where('findall_id', '=', run.findallId);
        return await renew(held, extend.where('lease_token', '=', token));
      }),

    renewDelivery: async ({ sink, stream, token }: DeliveryLease, renewal) =>
      await commits.unsynced(async (trx) => {
        const held = trx
          .selectFrom('lanes')
          .select('lease_token')
          .where('sink', '=', sink)
          .where('stream', '=', stream)
          .where('lease_token', '=', token);
        const extend = trx.updateTable('lanes').set(endOf(renewal)).where('sink', '=', sink);
        return await renew(held, extend.where('stream', '=', stream).where('lease_token', '=', token));
      }),
  };
}

interface Held {
  executeTakeFirst(): Promise<object | undefined>;
  forUpdate(): { skipLocked(): Pick<Held, 'executeTakeFirst'> };
}

/**
 * Waits for nobody: on PostgreSQL the row may be locked by the very record or settlement that ends the lease, for as long as that
 * takes. Nobody can take the lease over meanwhile, so it counts as renewed.
 */
async function renew(held: Held, extend: { execute(): Promise<unknown> }): Promise<boolean> {
  if ((await held.forUpdate().skipLocked().executeTakeFirst()) === undefined)
    return (await held.executeTakeFirst()) !== undefined;
  await extend.execute();
  return true;
}
