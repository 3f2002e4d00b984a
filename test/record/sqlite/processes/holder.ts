/** Opens the store as `owner`, claims every run and every stream of `crm` that is due, and holds them until it dies. */
import { randomUUID } from 'node:crypto';
import { openOwnedStore } from '../../../../src/record/open-store.ts';
import { KEY, LEASE_MS, T0 } from '../../../builders/record-builders.ts';

const [path = '', owner = ''] = process.argv.slice(2);
const store = await openOwnedStore(path, owner, randomUUID);
const common = { owner, leaseMs: LEASE_MS, now: T0 };
const runs = await store.claimDueRuns({ ...common, limit: 100, keyFingerprint: KEY });
const lanes = await store.claimDueDeliveries({
  ...common,
  ...{ sink: 'crm', streams: 100, batch: 1, look: 1, rate: null, settings: null },
  now: () => T0,
  paceOf: () => ({ kind: 'send', count: 1 }),
});
process.stdout.write(`${runs.length} ${lanes.length}\n`);
process.stdin.on('end', () => {
  void store.close();
});
process.stdin.resume();
