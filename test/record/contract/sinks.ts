import { describe, expect, test } from 'vitest';
import type { DeliveryLease, Settled } from '../../../src/record/outbox.ts';
import type { Store } from '../../../src/record/store.ts';
import {
  aCandidateRecord,
  aDeclaredSink,
  aDraft,
  aRecord,
  declareOn,
  generationIn,
  queued,
  T0,
} from '../../builders/record-builders.ts';
import {
  claimLane,
  claimLanes,
  claimRun,
  DEAD,
  DELIVERED,
  retryAt,
  STOPPED,
  recordEvents,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

const CRM = 'settings of crm';
const SINKS = [aDeclaredSink('crm'), aDeclaredSink('ops')];
/** Reported at once, or not yet. */
const FAILURE = { failure: { reason: 'HTTP 503', alertAfterMs: 0 } };
const UNNOTICED = { failure: { reason: 'HTTP 503', alertAfterMs: 60_000 } };

function reported(settled: Settled): string[] {
  return settled.kind === 'settled'
    ? settled.events.map(({ type }) => type.slice('findall.sink.'.length))
    : ['lease lost'];
}

/** What has been reported of the sink, in order: with why, where it is over. */
async function reportedOf(store: Store): Promise<string[]> {
  const types = ['findall.sink.failing', 'findall.sink.stopped', 'findall.sink.recovered'] as const;
  const events = await store.events({ types, limit: 100 });
  return events.map(({ event: { type, data } }) =>
    `${type.slice('findall.sink.'.length)} ${typeof data['because'] === 'string' ? data['because'] : ''}`.trim(),
  );
}

const stateOf = async (store: Store) =>
  (await store.backlog()).find(({ sink }) => sink === 'crm')?.state ?? 'running';

const claimCrm = (store: Store, more = {}) => claimLanes(store, 'crm', { settings: CRM, ...more });

/** Three attempts under way at once, each of its own run. */
async function threeAttempts(store: Store): Promise<[DeliveryLease, DeliveryLease, DeliveryLease]> {
  await declareOn(store, { sinks: SINKS });
  for (const id of ['findall_1', 'findall_2', 'findall_3']) await recordEvents(store, id, ['c1']);
  return (await claimCrm(store)) as [DeliveryLease, DeliveryLease, DeliveryLease];
}

export function contractOfSinks(bench: Bench): void {
  describe('a failing sink', () => {
    test('is reported to the others in the transaction that settles, in a stream of its own, and not to itself', async () => {
      const { store } = bench;
      const [a] = await threeAttempts(store);

      expect(await store.settle(a, retryAt(T0 + 5), FAILURE)).toMatchObject({
        kind: 'settled',
        events: [{ type: 'findall.sink.failing', sequence: 1, findall_id: null, data: { sink: 'crm' } }],
      });
      expect(await claimLane(store, 'ops', { settings: 'settings of ops' })).toMatchObject({
        stream: 'sink/crm',
      });
      expect(await claimCrm(store)).toEqual([]);
    });

    test('is reported once, however many attempts see it', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);

      expect(reported(await store.settle(a, retryAt(T0 + 5), UNNOTICED))).toEqual([]);
      expect(reported(await store.settle(b, retryAt(T0 + 5), FAILURE))).toEqual(['failing']);
      expect(reported(await store.settle(c, retryAt(T0 + 5), FAILURE))).toEqual([]);
    });

    test('is not reported by an attempt that lost its lease', async () => {
      const { store } = bench;
      await declareOn(store, { sinks: SINKS });
      await recordEvents(store, 'findall_1', ['c1']);
      const [lost] = await claimCrm(store, { leaseMs: 1 });
      await claimCrm(store, { owner: 'b', now: T0 + 1 });

      expect(reported(await store.settle(lost as DeliveryLease, retryAt(T0 + 5), FAILURE))).toEqual([
        'lease lost',
      ]);
      expect(await reportedOf(store)).toEqual([]);
    });

    test('that stops after it failed is reported once more, and then no more', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);
      await store.settle(a, retryAt(T0 + 5), FAILURE);

      expect(reported(await store.settle(b, STOPPED))).toEqual(['stopped']);
      expect(reported(await store.settle(c, STOPPED))).toEqual([]);
    });

    test('recovers when the last that it failed is delivered, also when others succeed, and reports it once', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);
      await store.settle(a, retryAt(T0), FAILURE);
      await store.settle(b, retryAt(T0), FAILURE);

      expect(reported(await store.settle(c, DELIVERED))).toEqual([]);
      const [again, other] = (await claimCrm(store)) as [DeliveryLease, DeliveryLease];
      expect(reported(await store.settle(again, DELIVERED))).toEqual([]);
      expect(await stateOf(store)).toBe('failing');
      expect(reported(await store.settle(other, DELIVERED))).toEqual(['recovered']);
      expect(await stateOf(store)).toBe('running');
      expect(await reportedOf(store)).toEqual(['failing', 'recovered delivered']);
    });

    test.each([
      [
        'is refused after it failed',
        'dead',
        async (store: Store, lease: DeliveryLease) => store.settle(lease, DEAD),
      ],
      [
        'is refused as a group after it failed',
        'split',
        async (store: Store, lease: DeliveryLease) =>
          store.settle(lease, { kind: 'split', now: T0, reason: 'HTTP 400' }),
      ],
      ['is dropped', 'dropped', async (store: Store) => store.drop({ sink: 'crm' }, T0)],
    ])('recovers when the last that it failed %s', async (_, because, act) => {
      const { store } = bench;
      await declareOn(store, { sinks: SINKS });
      await recordEvents(store, 'findall_1', ['c1']);
      const [first] = (await claimCrm(store)) as [DeliveryLease];
      await store.settle(first, retryAt(T0), FAILURE);
      const [again] = (await claimCrm(store)) as [DeliveryLease];

      await act(store, again);

      expect(await stateOf(store)).toBe('running');
      expect(await reportedOf(store)).toEqual(['failing', `recovered ${because}`]);
    });

    test('recovers when the last that it failed is superseded by a newer enrichment', async () => {
      const { store } = bench;
      await declareOn(store, { sinks: SINKS });
      const enrich = async (occurrence: number) => {
        if (occurrence === 1) await store.trackRun({ findallId: 'findall_1', mode: 'resume' }, T0);
        const lease = await claimRun(store, 'findall_1');
        const draft = aDraft('findall_1', 'c1', { type: 'findall.candidate.enriched', occurrence });
        const candidates = [aCandidateRecord('c1')];
        const generation = await generationIn(store);
        return await store.recordPoll(
          lease,
          aRecord(lease, { candidates, events: [queued(draft, 'crm')], generation }),
        );
      };
      await enrich(1);
      const [first] = (await claimCrm(store)) as [DeliveryLease];
      await store.settle(first, retryAt(T0 + 9), FAILURE);

      expect(await enrich(2)).toMatchObject({
        events: [{ type: 'findall.candidate.enriched' }, { type: 'findall.sink.recovered' }],
      });
      expect(await stateOf(store)).toBe('running');
      expect(await reportedOf(store)).toEqual(['failing', 'recovered superseded']);
    });

    test('does not fail because of what was dropped during the attempt', async () => {
      const { store } = bench;
      const [a] = await threeAttempts(store);
      await store.drop({ sink: 'crm' }, T0);

      expect(reported(await store.settle(a, retryAt(T0), FAILURE))).toEqual([]);
      expect(await stateOf(store)).toBe('running');
    });

    test('of days ago is not counted in a failure of today', async () => {
      const { store } = bench;
      const [a, b] = await threeAttempts(store);
      await store.settle(a, retryAt(T0), UNNOTICED);
      const [again] = (await claimCrm(store)) as [DeliveryLease];
      await store.settle(again, DEAD);

      const days = T0 + 3 * 86_400_000;
      const retry = { kind: 'retry', now: days, at: days, reason: 'HTTP 503' } as const;
      expect(reported(await store.settle(b, retry, UNNOTICED))).toEqual([]);
      expect(await store.backlog()).toMatchObject([{ sink: 'crm', state: 'failing', since: days }]);
    });

    test('recovers without an event when its failure was not reported', async () => {
      const { store } = bench;
      const [a] = await threeAttempts(store);
      await store.settle(a, retryAt(T0), UNNOTICED);
      const [again] = (await claimCrm(store)) as [DeliveryLease];

      expect(reported(await store.settle(again, DELIVERED))).toEqual([]);
    });

    test('that stopped stays so also when others succeed, until it is resumed', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);
      await store.settle(a, STOPPED);
      expect(reported(await store.settle(b, DELIVERED))).toEqual([]);
      expect(await store.backlog()).toMatchObject([
        { sink: 'crm', state: 'stopped', reason: 'HTTP 410' },
        {},
      ]);

      await store.resumeSinks(['crm'], T0 + 9);

      expect(await stateOf(store)).toBe('running');
      expect(await reportedOf(store)).toEqual(['stopped', 'recovered resumed']);
      expect(reported(await store.settle(c, STOPPED))).toEqual(['stopped']);
    });

    test('that stopped with something failed fails again when it is resumed', async () => {
      const { store } = bench;
      const [a, b] = await threeAttempts(store);
      await store.settle(a, retryAt(T0 + 9), FAILURE);
      await store.settle(b, STOPPED);

      await store.resumeSinks(['crm'], T0 + 9);

      expect(await store.backlog()).toMatchObject([{ sink: 'crm', state: 'failing', since: T0 + 9 }, {}]);
      expect(await reportedOf(store)).toEqual(['failing', 'stopped', 'recovered resumed']);
    });

    test('that stops by an attempt from before it recovered is reported as well', async () => {
      const { store } = bench;
      const [a, b, late] = await threeAttempts(store);
      await store.settle(a, retryAt(T0), FAILURE);
      await store.settle(b, STOPPED);
      await store.resumeSinks(['crm'], T0);
      const [again] = (await claimCrm(store, { streams: 1 })) as [DeliveryLease];
      await store.settle(again, DELIVERED);

      expect(reported(await store.settle(late, STOPPED))).toEqual(['stopped']);
      expect(await stateOf(store)).toBe('stopped');
    });

    test.each([
      ['fails', retryAt(T0 + 5), FAILURE],
      ['stopped', STOPPED, {}],
    ] as const)('that %s has no failure once it is declared no more', async (_, settlement, news) => {
      const { store } = bench;
      const [a] = await threeAttempts(store);
      await store.settle(a, settlement, news);

      await declareOn(store, { sinks: [aDeclaredSink('ops')] });

      expect(await store.backlog()).toMatchObject([{ sink: 'crm', state: 'running', isDeclared: false }, {}]);
      expect((await reportedOf(store)).at(-1)).toBe('recovered undeclared');
      await declareOn(store, { sinks: SINKS });
      expect(await stateOf(store)).toBe('running');
    });

    test('keeps its status across a restart', async () => {
      const [a] = await threeAttempts(bench.store);
      await bench.store.settle(a, retryAt(T0), FAILURE);

      const store = await bench.reopen();

      expect(await store.backlog()).toMatchObject([
        { sink: 'crm', state: 'failing', since: T0, reason: 'HTTP 503' },
        {},
      ]);
      const [again] = (await claimCrm(store)) as [DeliveryLease];
      expect(again.hasFailed).toBe(true);
    });
  });

  test('what was dropped during the attempt and was delivered all the same is delivered', async () => {
    const { store } = bench;
    const [a, b] = await threeAttempts(store);
    await store.drop({ sink: 'crm' }, T0);

    await store.settle(a, DELIVERED);
    await store.settle(b, retryAt(T0));

    const [one, other] = await store.deliveries({ sink: 'crm', limit: 9 });
    expect([one?.state, other?.state]).toEqual(['delivered', 'dropped']);
  });
}
