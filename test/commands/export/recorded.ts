import { randomUUID } from 'node:crypto';
import type { Candidate } from '../../../src/model.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import type { Store } from '../../../src/record/store.ts';
import { aCandidateRecord, aRecord, T0 } from '../../builders/record-builders.ts';
import { claimRun } from '../../record/store-actions.ts';

interface Recorded {
  label?: string;
  now?: number;
}

/** Records candidates of a run, tracked here, as one poll: each as given, or as the JSON that the API sent. */
export async function recordCandidates(
  store: Store,
  findallId: string,
  candidates: readonly (Candidate | string)[],
  { label, now = T0 }: Recorded = {},
): Promise<void> {
  await store.trackRun({ findallId, mode: 'resume', ...(label === undefined ? {} : { label }) }, now);
  const lease = await claimRun(store, findallId, { now });
  const records = candidates.map((given) => {
    const one = typeof given === 'string' ? (JSON.parse(given) as Candidate) : given;
    return {
      ...aCandidateRecord(one.candidate_id),
      candidate: one,
      matchStatus: one.match_status,
      ...jsonOf(given),
    };
  });
  await store.recordPoll(
    lease,
    aRecord(lease, { now, candidates: records, update: { lastSnapshotAt: now } }),
  );
}

function jsonOf(given: Candidate | string): { json?: string } {
  return typeof given === 'string' ? { json: given } : {};
}

/** Fills the state file at `path`, which is made if need be. */
export async function fillState(path: string, fill: (store: Store) => Promise<unknown>): Promise<void> {
  const store = createSqlStore(await openSqlite(path), randomUUID);
  try {
    await fill(store);
  } finally {
    await store.close();
  }
}
