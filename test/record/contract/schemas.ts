import { describe, expect, test } from 'vitest';
import type { RunSchema } from '../../../src/model.ts';
import type { SchemaClaim, SchemaLease } from '../../../src/record/run-schemas.ts';
import type { RunUpdate, Store } from '../../../src/record/store.ts';
import { aCandidateRecord, aRecord, aRefusal, KEY, T0 } from '../../builders/record-builders.ts';
import { runObject } from '../../builders/model-builders.ts';
import { claimRun, track } from '../store-actions.ts';
import type { Bench } from './bench.ts';

const MINUTE = 60_000;
const SEEN: Partial<RunUpdate> = { lastSnapshotAt: T0 };

function schemaOf(changes: Partial<RunSchema> = {}): RunSchema {
  return { objective: 'lighthouses', matchLimit: 10, episode: 1, fetchedAt: T0, ...changes };
}

/** Polls a run, tracked here if need be. */
async function poll(store: Store, findallId: string, update: Partial<RunUpdate> = SEEN): Promise<void> {
  if (!(await store.run(findallId))) await track(store, findallId);
  const lease = await claimRun(store, findallId);
  await store.recordPoll(lease, aRecord(lease, { update }));
}

async function claim(store: Store, given: Partial<SchemaClaim> = {}): Promise<SchemaLease | null> {
  return await store.claimSchema({ now: T0, keyFingerprint: KEY, ...given });
}

/** Claims a schema, of which one must be due. */
async function claimed(store: Store, given: Partial<SchemaClaim> = {}): Promise<SchemaLease> {
  const lease = await claim(store, given);
  if (lease === null) throw new Error('no schema is due');
  return lease;
}

export function contractOfSchemas(bench: Bench): void {
  test('the schema of a run is claimed once it was seen, and once it is stored no more', async () => {
    const { store } = bench;
    await track(store, 'findall_1');
    expect(await claim(store)).toBeNull();

    await poll(store, 'findall_1');
    const lease = await claimed(store);

    expect(lease).toMatchObject({ findallId: 'findall_1', episode: 1, tries: 1 });
    expect(await store.recordSchema(lease, schemaOf())).toBe(true);
    expect(await claim(store, { now: T0 + 100 * MINUTE })).toBeNull();
    expect((await store.run('findall_1'))?.schema).toEqual(schemaOf());
    expect((await bench.reopen().then((again) => again.runs()))[0]?.schema).toEqual(schemaOf());
  });

  test('one process at a time has it, and after a try without an answer the next is due ever later', async () => {
    const { store } = bench;
    await poll(store, 'findall_1');
    const waits: number[] = [];
    let now = T0;
    for (let tries = 1; tries <= 8; tries += 1) {
      const lease = await claimed(store, { now });
      expect(lease.tries).toBe(tries);
      expect(await claim(store, { now: lease.nextTryAt - 1 })).toBeNull();
      waits.push((lease.nextTryAt - now) / MINUTE);
      now = lease.nextTryAt;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  test('a process that answers after another try has begun stores nothing', async () => {
    const { store } = bench;
    await poll(store, 'findall_1');
    const late = await claimed(store);
    const next = await claimed(store, { now: late.nextTryAt });

    expect(await store.recordSchema(late, schemaOf({ matchLimit: 5 }))).toBe(false);
    expect(await store.recordSchema(next, schemaOf({ matchLimit: 6 }))).toBe(true);
    expect((await store.run('findall_1'))?.schema?.matchLimit).toBe(6);
  });

  test('a revival has it claimed again, also when it was revived while the schema was asked for', async () => {
    const { store } = bench;
    await poll(store, 'findall_1');
    await store.recordSchema(await claimed(store), schemaOf());
    await poll(store, 'findall_1', { ...SEEN, episode: 2 });

    const second = await claimed(store);
    expect(second).toMatchObject({ episode: 2, tries: 1 });
    await poll(store, 'findall_1', { ...SEEN, episode: 3 });
    expect(await store.recordSchema(second, schemaOf({ episode: 2, matchLimit: 20 }))).toBe(true);

    expect((await store.run('findall_1'))?.schema?.matchLimit).toBe(20);
    expect(await claimed(store)).toMatchObject({ episode: 3, tries: 1 });
  });

  test('it is asked for again on demand, and what was known stays until then', async () => {
    const { store } = bench;
    await poll(store, 'findall_1');
    await store.recordSchema(await claimed(store), schemaOf());

    await store.askSchemaAgain('findall_1', T0 + MINUTE);

    expect(await claim(store)).toBeNull();
    expect(await claimed(store, { now: T0 + MINUTE })).toMatchObject({ tries: 1 });
    expect((await store.run('findall_1'))?.schema).toEqual(schemaOf());
  });

  test('no schema is claimed of a run that is not polled, nor of others than are named', async () => {
    const { store } = bench;
    await poll(store, 'findall_1');
    expect(await claim(store, { only: [] })).toBeNull();
    expect(await claim(store, { only: ['findall_2'] })).toBeNull();
    await store.untrackRun('findall_1');
    expect(await claim(store)).toBeNull();
  });

  test('while the key is refused no schema is claimed with it', async () => {
    const { store } = bench;
    await track(store, 'findall_1');
    const lease = await claimRun(store, 'findall_1');
    await store.recordPoll(lease, aRecord(lease, { update: SEEN, key: aRefusal(0) }));

    expect(await claim(store)).toBeNull();
    expect(await claim(store, { keyFingerprint: 'another key' })).not.toBeNull();
  });

  test('neither a claim nor the schema itself changes when a run is polled, or ends the lease of a poll', async () => {
    const { store } = bench;
    await poll(store, 'findall_1');
    const polling = await claimRun(store, 'findall_1');
    await store.recordSchema(await claimed(store), schemaOf());

    const record = aRecord(polling, { update: { ...SEEN, episode: 1 } });
    expect(await store.recordPoll(polling, record)).toMatchObject({ kind: 'recorded' });
    expect((await store.run('findall_1'))?.schema).toEqual(schemaOf());
  });

  test('after a look at all a try that is due later is due now', async () => {
    const { store } = bench;
    await poll(store, 'findall_1');
    await claimed(store, { now: T0 + 100 * MINUTE });

    await store.makeAllDueNow(T0);

    expect(await claimed(store)).toMatchObject({ tries: 2 });
  });

  describe('of a preview', () => {
    test('the evaluated candidates are counted, of other runs they are not', async () => {
      const { store } = bench;
      const statuses = ['matched', 'unmatched', 'discarded', 'generated', 'parked'];
      const candidates = statuses.map((match_status) => aCandidateRecord(match_status, { match_status }));
      for (const [id, generator] of [
        ['findall_1', 'preview'],
        ['findall_2', 'core'],
      ] as const) {
        await track(store, id);
        const lease = await claimRun(store, id);
        const run = runObject('running', { findall_id: id, generator });
        await store.recordPoll(lease, aRecord(lease, { candidates, update: { ...SEEN, run } }));
      }
      expect((await store.run('findall_1'))?.evaluated).toBe(3);
      expect((await store.runs()).map(({ evaluated }) => evaluated)).toEqual([3, null]);
    });
  });
}
