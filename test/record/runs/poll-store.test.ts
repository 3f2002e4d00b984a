import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/record/open-store.ts';
import { aCandidateRecord, aDraft, aRecord, queued } from '../../builders/record-builders.ts';
import { claimRun, track } from '../store-actions.ts';
import { tempDirectory } from '../../builders/temp-store.ts';

const CANDIDATES = 4000;
const SINKS = Array.from({ length: 20 }, (_, n) => `sink-${n}`);

test('while a long record is made the loop turns, others read, and nothing of it is seen before all is', async () => {
  const store = await openStore(join(await tempDirectory(), 'watch.db'), randomUUID);
  await track(store, 'findall_1', 'findall_2');
  const lease = await claimRun(store, 'findall_1');
  const ids = Array.from({ length: CANDIDATES }, (_, n) => `c${n}`);
  const candidates = ids.map((id) => aCandidateRecord(id));
  const events = ids.map((id) => queued(aDraft('findall_1', id), ...SINKS));

  const over = new AbortController();
  const recording = store
    .recordPoll(lease, aRecord(lease, { candidates, events }))
    .finally(() => over.abort());
  let turns = 0;
  const seen = new Set<number>();
  while (!over.signal.aborted) {
    await setImmediate();
    expect(await store.run('findall_2')).not.toBeNull();
    seen.add((await store.backlog())[0]?.pending ?? 0);
    turns += 1;
  }

  expect(await recording).toMatchObject({ kind: 'recorded' });
  // Of 176 pieces: a fifth at least, however the turns of the two loops fall together.
  expect(turns).toBeGreaterThan(35);
  expect(seen.has(0)).toBe(true);
  expect([...seen].filter((pending) => pending !== 0 && pending !== CANDIDATES)).toEqual([]);
  await store.close();
});
