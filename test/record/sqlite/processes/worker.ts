/**
 * Watches and delivers like a daemon, but without an API: polls every run until it has reported `POLLS` events, delivers to the sink
 * `crm`, and says what it did (`polled RUN`, `delivered RUN SEQUENCE`) and `done` when nothing is left for it.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { openOwnedStore } from '../../../../src/record/open-store.ts';
import { aDraft, aRecord, LEASE_MS, queued, T0 } from '../../../builders/record-builders.ts';

const [path = '', owner = '', polls = '1'] = process.argv.slice(2);
const store = await openOwnedStore(path, owner, randomUUID);
process.stdout.write('ready\n');
for await (const _ of createInterface({ input: process.stdin })) break;

const common = { owner, leaseMs: LEASE_MS, now: T0 };
async function pollSome(): Promise<number> {
  const leases = await store.claimDueRuns({ ...common, limit: 3, keyFingerprint: 'key' });
  for (const lease of leases) {
    const { findallId, failures } = lease.run;
    const last = failures + 1 >= Number(polls);
    const update = { failures: failures + 1, nextPollAt: last ? null : T0 };
    const events = [queued(aDraft(findallId, `poll ${failures}`), 'crm')];
    const recorded = await store.recordPoll(lease, aRecord(lease, { update, events }));
    if (recorded.kind === 'recorded') process.stdout.write(`polled ${findallId}\n`);
  }
  return leases.length;
}

async function deliverSome(): Promise<number> {
  const leases = await store.claimDueDeliveries({
    ...common,
    sink: 'crm',
    streams: 3,
    batch: 2,
    look: 2,
    paceOf: (pending) => ({ kind: 'send', count: pending.length }),
    rate: null,
    settings: null,
    now: () => T0,
  });
  for (const lease of leases) {
    if ((await store.settle(lease, { kind: 'delivered', now: T0 })).kind !== 'settled') continue;
    for (const event of lease.events) process.stdout.write(`delivered ${lease.stream} ${event.sequence}\n`);
  }
  return leases.length;
}

while ((await pollSome()) + (await deliverSome()) > 0);
await store.close();
process.stdout.write('done\n');
process.exit(0);
