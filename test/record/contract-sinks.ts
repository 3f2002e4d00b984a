import { describe, expect, test } from 'vitest';
import { draftSinkEvent } from '../../src/diff/event.ts';
import type { DeliveryLease, Settled, SinkChange } from '../../src/record/outbox.ts';
import type { Superseded } from '../../src/record/declarations.ts';
import type { Store } from '../../src/record/store.ts';
import { sinkNews, T0 } from './builders.ts';
import { claimLane, claimLanes, DELIVERED, retryAt, STOPPED, tell } from './hands.ts';
import type { Bench } from './store-contract.ts';

type Type = Parameters<typeof draftSinkEvent>[0];

function news(type: Type, episode = 1) {
  return { draft: draftSinkEvent(type, 'crm', episode, {}), sinks: ['ops'], passedOver: [] };
}

const failing = (episode = 1): SinkChange => ({
  ...{ kind: 'failing', episode, reason: 'HTTP 503' },
  event: news('findall.sink.failing', episode),
});
const unnoticed: SinkChange = { kind: 'failing', episode: 1, reason: 'HTTP 500', event: null };
const stopped = (episode = 1): SinkChange => ({
  ...{ kind: 'stopped', episode, reason: 'HTTP 410' },
  event: news('findall.sink.stopped', episode),
});
const recovered = (episode = 1): SinkChange => ({
  kind: 'recovered',
  episode,
  event: news('findall.sink.recovered', episode),
});

function told(settled: Settled | Superseded): string[] {
  return settled.kind === 'settled' ? settled.events.map(({ type }) => type) : ['lease lost'];
}

/** Three attempts under way at once, each of its own run. */
async function threeAttempts(store: Store): Promise<[DeliveryLease, DeliveryLease, DeliveryLease]> {
  for (const id of ['findall_1', 'findall_2', 'findall_3']) await tell(store, id, ['c1']);
  return (await claimLanes(store, 'crm')) as [DeliveryLease, DeliveryLease, DeliveryLease];
}

export function contractOfSinks(bench: Bench): void {
  describe('a sink in trouble', () => {
    test('is told to the others in the transaction that settles, in a stream of its own', async () => {
      const { store } = bench;
      await tell(store, 'findall_1', ['c1']);

      const settled = await store.settle(
        await claimLane(store, 'crm'),
        retryAt(T0 + 5),
        sinkNews({ change: failing() }),
      );

      expect(settled).toMatchObject({
        kind: 'settled',
        events: [{ type: 'findall.sink.failing', sequence: 1, findall_id: null, data: { sink: 'crm' } }],
      });
      expect(await claimLane(store, 'ops')).toMatchObject({ stream: 'sink/crm' });
    });

    test('is told once, however many attempts see it', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);

      expect(told(await store.settle(a, retryAt(T0 + 5), sinkNews({ change: unnoticed })))).toEqual([]);
      expect(told(await store.settle(b, retryAt(T0 + 5), sinkNews({ change: failing() })))).toEqual([
        'findall.sink.failing',
      ]);
      expect(told(await store.settle(c, retryAt(T0 + 5), sinkNews({ change: failing() })))).toEqual([]);
    });

    test('that lost its lease is not told', async () => {
      const { store } = bench;
      await tell(store, 'findall_1', ['c1']);
      const lost = await claimLane(store, 'crm', { leaseMs: 1 });
      await claimLane(store, 'crm', { owner: 'b', now: T0 + 1 });

      expect(told(await store.settle(lost, retryAt(T0 + 5), sinkNews({ change: failing() })))).toEqual([
        'lease lost',
      ]);
      expect(await claimLanes(store, 'ops')).toEqual([]);
    });

    test('that stops after it failed is told once more, and then no more', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);
      await store.settle(a, retryAt(T0 + 5), sinkNews({ change: failing() }));

      expect(told(await store.settle(b, STOPPED, sinkNews({ change: stopped() })))).toEqual([
        'findall.sink.stopped',
      ]);
      expect(told(await store.settle(c, STOPPED, sinkNews({ change: stopped() })))).toEqual([]);
    });

    test('recovers with a success, is told so once if anything was told, and begins a new episode', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);
      await store.settle(a, retryAt(T0), sinkNews({ change: failing() }));

      expect(told(await store.settle(b, DELIVERED, sinkNews({ change: recovered() })))).toEqual([
        'findall.sink.recovered',
      ]);
      expect(told(await store.settle(c, DELIVERED, sinkNews({ change: recovered() })))).toEqual([]);

      const lease = await claimLane(store, 'crm');
      expect(lease.standing).toEqual({ state: 'running', episode: 2, since: null, told: null });
      expect(told(await store.settle(lease, retryAt(T0), sinkNews({ change: failing(2) })))).toEqual([
        'findall.sink.failing',
      ]);
    });

    test('recovers untold when nobody was told', async () => {
      const { store } = bench;
      const [a, b] = await threeAttempts(store);
      await store.settle(a, retryAt(T0), sinkNews({ change: unnoticed }));

      expect(told(await store.settle(b, DELIVERED, sinkNews({ change: recovered() })))).toEqual([]);
    });

    test('that stopped stays so whatever else succeeds, until it is resumed', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);
      await store.settle(a, STOPPED, sinkNews({ change: stopped() }));
      await store.settle(b, DELIVERED, sinkNews({ change: recovered() }));
      expect(await store.backlog()).toMatchObject([
        { sink: 'crm', state: 'stopped', reason: 'HTTP 410' },
        {},
      ]);

      await store.resumeSinks(['crm'], T0 + 9);

      expect(await store.backlog()).toMatchObject([{ sink: 'crm', state: 'failing', since: T0 }, {}]);
      expect(told(await store.settle(c, DELIVERED, sinkNews({ change: recovered() })))).toEqual([
        'findall.sink.recovered',
      ]);
    });

    test('that stops just after it recovered is told as well: no attempt comes that could tell it', async () => {
      const { store } = bench;
      const [a, b, c] = await threeAttempts(store);
      await store.settle(a, retryAt(T0), sinkNews({ change: unnoticed }));
      await store.settle(b, DELIVERED, sinkNews({ change: recovered() }));

      expect(told(await store.settle(c, STOPPED, sinkNews({ change: stopped() })))).toEqual([
        'findall.sink.stopped',
      ]);
      expect(await store.backlog()).toMatchObject([{ sink: 'crm', state: 'stopped' }, { sink: 'ops' }]);
    });

    test('that stops again after it was resumed is not told again', async () => {
      const { store } = bench;
      const [a, b] = await threeAttempts(store);
      await store.settle(a, STOPPED, sinkNews({ change: stopped() }));
      await store.resumeSinks(['crm'], T0);

      expect(told(await store.settle(b, STOPPED, sinkNews({ change: stopped() })))).toEqual([]);
    });

    test('keeps its standing across a restart', async () => {
      await tell(bench.store, 'findall_1', ['c1']);
      await bench.store.settle(
        await claimLane(bench.store, 'crm'),
        retryAt(T0),
        sinkNews({ change: failing() }),
      );

      const store = await bench.reopen();

      const { standing } = await claimLane(store, 'crm');
      expect(standing).toEqual({ state: 'failing', episode: 1, since: T0, told: 'failing' });
    });
  });
}
