import { expect, test } from 'vitest';
import { aDraft, aRecord, queued, T0 } from '../../builders/record-builders.ts';
import {
  about,
  claimLane,
  claimRun,
  DELIVERED,
  deliverAll,
  retryAt,
  settle,
  recordEvents,
  track,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

export function contractOfSupersession(bench: Bench): void {
  /** Records one new enrichment of each candidate, for these sinks. */
  async function enrich(
    occurrence: number,
    candidateIds: readonly string[],
    sinks = ['crm'],
  ): Promise<string[]> {
    const lease = await claimRun(bench.store, 'findall_1');
    const drafts = candidateIds.map((id) =>
      aDraft('findall_1', id, { type: 'findall.candidate.enriched', occurrence }),
    );
    const events = drafts.map((draft) => queued(draft, ...sinks));
    await bench.store.recordPoll(lease, aRecord(lease, { events }));
    return drafts.map(({ id }) => id);
  }

  async function statesAt(sink: string): Promise<string[]> {
    const found = await bench.store.deliveries({ sink, limit: 100 });
    return found.map(({ event: { type }, state }) => `${type.replace('findall.candidate.', '')} ${state}`);
  }

  test('a newer enrichment takes the place of a pending older one of the same candidate', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1', 'c2']);
    const [older = ''] = await enrich(1, ['c1', 'c2']);
    for (let occurrence = 2; occurrence < 30; occurrence++) await enrich(occurrence, ['c1']);
    await recordEvents(store, 'findall_1', ['c3']);

    expect(await deliverAll(store, 'crm')).toHaveLength(5);
    const states = await statesAt('crm');
    expect(states.filter((state) => state === 'enriched superseded')).toHaveLength(28);
    const trace = await store.traceEvent(older);
    expect(trace?.deliveries[0]?.journal).toMatchObject([{ kind: 'superseded', count: 1 }]);
  });

  test('what is on its way is delivered, and what waits for its next attempt is not', async () => {
    const { store } = bench;
    await track(store, 'findall_1');
    await enrich(1, ['c1']);
    const lease = await claimLane(store, 'crm');
    await enrich(2, ['c1']);
    await settle(store, lease, DELIVERED);
    expect(await statesAt('crm')).toEqual(['enriched delivered', 'enriched pending']);

    await settle(store, await claimLane(store, 'crm'), retryAt(T0));
    await enrich(3, ['c1']);
    const third = await claimLane(store, 'crm');
    expect(third.events.map(({ sequence }) => sequence)).toEqual([3]);
    expect(await statesAt('crm')).toEqual(['enriched delivered', 'enriched superseded', 'enriched pending']);
  });

  test('each sink, each candidate and each kind of event by itself', async () => {
    const { store } = bench;
    await recordEvents(store, 'findall_1', ['c1'], { sinks: ['crm', 'log'] });
    await enrich(1, ['c1', 'c2'], ['crm', 'log']);
    await enrich(2, ['c1'], ['crm']);
    expect(await statesAt('log')).toEqual(['matched pending', 'enriched pending', 'enriched pending']);
    expect(await statesAt('crm')).toEqual([
      'matched pending',
      'enriched superseded',
      'enriched pending',
      'enriched pending',
    ]);
  });

  test('is sent again only if it is named', async () => {
    const { store } = bench;
    await track(store, 'findall_1');
    const [older = ''] = await enrich(1, ['c1']);
    await enrich(2, ['c1']);
    await deliverAll(store, 'crm');
    expect(await store.redeliver({ sink: 'crm' }, T0)).toBe(0);
    expect(await store.redeliver({ sink: 'crm', eventId: older }, T0)).toBe(1);
    expect(about(await claimLane(store, 'crm'))).toEqual(['c1']);
  });
}
