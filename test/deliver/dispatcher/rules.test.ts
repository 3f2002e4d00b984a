import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { deliverBatch } from '../../../src/deliver/deliver-batch.ts';
import { createDispatcher } from '../../../src/deliver/dispatcher.ts';
import type { PacePolicy } from '../../../src/deliver/pace.ts';
import { createAttemptReporter } from '../../../src/deliver/report-attempt.ts';
import type { ConfiguredSink, Sink } from '../../../src/deliver/sink.ts';
import type { Store } from '../../../src/record/store.ts';
import { openTempStore } from '../../builders/temp-store.ts';
import { eventually } from '../../support/eventually.ts';
import { aDeclaredSink, declareOn } from '../../builders/record-builders.ts';
import { recordMatches } from '../../record/store-actions.ts';
import { ScriptedSink } from '../scripted-sink.ts';

const AT_ONCE: PacePolicy = { group: { waitMs: 0, max: 20 }, quiet: [], urgent: [] };
const retry = { firstMs: 5, maxMs: 20, giveUpMs: 60_000, alertAfterMs: 200 };

/** Delivers to sinks by their rules. */
function startDelivering(
  store: Store,
  configured: (Partial<ConfiguredSink> & Pick<ConfiguredSink, 'sink'>)[],
) {
  const lines: { msg: string; level: number }[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const sinks = configured.map(
    (rules): ConfiguredSink => ({ retry, pace: AT_ONCE, rate: null, settings: null, ...rules }),
  );
  const dispatcher = createDispatcher({
    ...{ store, sinks, owner: 'me', leaseMs: 60_000, clock: systemClock, logger },
    deliver: ({ sink, retry: schedule }, lease, signal) =>
      deliverBatch(
        lease,
        {
          ...{ sink, retry: schedule, store, clock: systemClock, random: Math.random },
          report: createAttemptReporter(logger),
        },
        signal,
      ),
  });
  dispatcher.start();
  onTestFinished(() => dispatcher.stop(0));
  return { lines };
}

it('a group is delivered as one message, with what came while it waited', async () => {
  const store = await openTempStore();
  await recordMatches(store, 'findall_a', 2, ['crm'], { now: systemClock.now() });
  const crm = new ScriptedSink('crm', () => ({ kind: 'delivered' }), { maxBatch: 1000 });
  startDelivering(store, [{ sink: crm, pace: { ...AT_ONCE, group: { waitMs: 2000, max: 20 } } }]);
  await eventually(async () => (await store.deliveries({ limit: 1 }))[0]?.heldBy === 'group');
  await recordMatches(store, 'findall_a', 3, ['crm'], { now: systemClock.now(), from: 3 });

  await eventually(() => crm.accepted.length === 5);

  expect(crm.batches).toEqual([5]);
});

it('a message that will never do is dead alone, the rest of its group is delivered', async () => {
  const store = await openTempStore();
  await recordMatches(store, 'findall_a', 20, ['crm']);
  const isPoison = (sequence: number) => sequence === 7 || sequence === 8;
  const reported: number[] = [];
  let messages = 0;
  const crm: Sink = {
    ...{ name: 'crm', maxBatch: 1000, concurrency: 1, close: async () => {} },
    async deliver(events) {
      messages += 1;
      if (events.some(({ sequence }) => isPoison(sequence))) return { kind: 'rejected', reason: 'HTTP 400' };
      reported.push(...events.map(({ sequence }) => sequence));
      return { kind: 'delivered' };
    },
  };
  startDelivering(store, [{ sink: crm }]);

  await eventually(async () => (await store.backlog())[0]?.pending === 0);

  expect(await store.backlog()).toMatchObject([{ dead: 2 }]);
  expect(reported).toEqual(Array.from({ length: 20 }, (_, n) => n + 1).filter((n) => !isPoison(n)));
  // One by one would be as many as there are events.
  expect(messages).toBeLessThan(16);
});

/** A sink whose messages carry three events at most, and what each of them was. */
function packingSink(refuses: (sequence: number) => boolean = () => false) {
  const messages: { sequences: number[]; sent: number | undefined; attempt: number }[] = [];
  const sink: Sink = {
    ...{ name: 'crm', maxBatch: 1000, concurrency: 1, close: async () => {} },
    async deliver(events, { sent, attempt }) {
      const packed = events.slice(0, 3);
      const { length: count } = packed;
      const sequences = packed.map(({ sequence }) => sequence);
      if (sequences.some(refuses)) return { kind: 'rejected', reason: 'HTTP 400', count };
      messages.push({ sequences, sent, attempt });
      return { kind: 'delivered', count };
    },
  };
  return { sink, messages };
}

it('a group that takes several messages is sent whole and in order, none of it waiting for others', async () => {
  const store = await openTempStore();
  await recordMatches(store, 'findall_a', 8, ['crm'], { now: systemClock.now() - 3_600_000 });
  const { sink, messages } = packingSink();
  const { lines } = startDelivering(store, [
    { sink, pace: { ...AT_ONCE, group: { waitMs: 60_000, max: 20 } } },
  ]);

  const logged = () => lines.filter(({ msg }) => msg === 'delivered') as { event_ids?: string[] }[];

  await eventually(() => logged().length === 3);

  expect(await store.backlog()).toEqual([]);
  expect(messages).toEqual([
    { sequences: [1, 2, 3], sent: 0, attempt: 1 },
    { sequences: [4, 5, 6], sent: 3, attempt: 1 },
    { sequences: [7, 8], sent: 6, attempt: 1 },
  ]);
  expect(logged().map(({ event_ids: ids }) => ids?.length)).toEqual([3, 3, 2]);
});

it('of a message that is rejected one event is dead, and every other event is sent once', async () => {
  const store = await openTempStore();
  await recordMatches(store, 'findall_a', 8, ['crm']);
  const { sink, messages } = packingSink((sequence) => sequence === 5);
  startDelivering(store, [{ sink }]);

  await eventually(async () => (await store.backlog())[0]?.pending === 0);

  expect(messages.flatMap(({ sequences }) => sequences)).toEqual([1, 2, 3, 4, 6, 7, 8]);
  const dead = await store.deliveries({ states: ['dead'], limit: 9 });
  expect(dead).toMatchObject([{ sequence: 5, lastReason: 'HTTP 400' }]);
});

it('an event that its receiver fails at for ever is given up alone, the rest of its group is delivered', async () => {
  const store = await openTempStore();
  await recordMatches(store, 'findall_a', 8, ['crm']);
  const reported: number[] = [];
  const crm: Sink = {
    ...{ name: 'crm', maxBatch: 1000, concurrency: 1, close: async () => {} },
    async deliver(events) {
      if (events.some(({ sequence }) => sequence === 6)) return { kind: 'retry', reason: 'HTTP 500' };
      reported.push(...events.map(({ sequence }) => sequence));
      return { kind: 'delivered' };
    },
  };
  const { lines } = startDelivering(store, [{ sink: crm, retry: { ...retry, giveUpMs: 60 } }]);

  await eventually(async () => (await store.backlog())[0]?.pending === 0);

  expect(reported).toEqual([1, 2, 3, 4, 5, 7, 8]);
  const [dead, ...others] = await store.deliveries({ sink: 'crm', states: ['dead'], limit: 9 });
  expect([dead?.sequence, others]).toEqual([6, []]);
  const said = lines.filter(({ msg }) => msg === 'delivery dead');
  expect(said).toMatchObject([{ event_ids: [dead?.eventId] }]);
});

it('a rate lets so many messages begin within its span', async () => {
  const store = await openTempStore();
  for (let n = 0; n < 6; n += 1) await recordMatches(store, `findall_${n}`, 1, ['crm']);
  const begun: number[] = [];
  const crm = new ScriptedSink('crm', () => (begun.push(systemClock.now()), { kind: 'delivered' }));
  startDelivering(store, [{ sink: crm, rate: { count: 2, windowMs: 1500 } }]);

  await eventually(() => crm.accepted.length === 6);

  // A claim's time is before the message itself: a few ms, or more on a busy machine.
  const spans = begun.slice(2).map((at, index) => at - (begun[index] ?? 0));
  expect(Math.min(...spans)).toBeGreaterThan(1000);
});

it('a pause that a receiver asks for holds for every run of the sink', async () => {
  const store = await openTempStore();
  for (let n = 0; n < 5; n += 1) await recordMatches(store, `findall_${n}`, 1, ['crm']);
  const begun: number[] = [];
  const crm = new ScriptedSink(
    'crm',
    (_, n) => {
      begun.push(systemClock.now());
      return n === 1 ? { kind: 'retry', reason: 'HTTP 429', pauseMs: 400 } : { kind: 'delivered' };
    },
    { concurrency: 1 },
  );
  startDelivering(store, [{ sink: crm }]);

  await eventually(() => crm.accepted.length === 5);

  expect((begun[1] ?? 0) - (begun[0] ?? 0)).toBeGreaterThanOrEqual(395);
});

it('a sink that fails for long is reported to the others and the log once, and its recovery once', async () => {
  const store = await openTempStore();
  await recordMatches(store, 'findall_a', 2, ['crm']);
  await recordMatches(store, 'findall_b', 2, ['crm']);
  const sinks = [aDeclaredSink('crm'), aDeclaredSink('ops', { events: ['findall.sink.*'] })];
  await declareOn(store, { sinks });
  let repaired = false;
  const crm = new ScriptedSink('crm', () =>
    repaired ? { kind: 'delivered' } : { kind: 'retry', reason: 'HTTP 503' },
  );
  const ops = new ScriptedSink('ops', () => ({ kind: 'delivered' }));
  const { lines } = startDelivering(store, [
    { sink: crm, settings: 'settings of crm' },
    { sink: ops, settings: 'settings of ops' },
  ]);

  await eventually(() => ops.accepted.length === 1);
  const after = crm.attempts.length;
  await eventually(() => crm.attempts.length > after + 5);
  repaired = true;
  await eventually(() => ops.accepted.length === 2 && crm.accepted.length === 4);

  expect(ops.accepted.map(({ type }) => type)).toEqual(['findall.sink.failing', 'findall.sink.recovered']);
  expect(ops.accepted[0]?.data).toMatchObject({ sink: 'crm', reason: 'HTTP 503' });
  const reported = lines.filter(({ msg }) => msg.startsWith('sink '));
  expect(reported.map(({ msg, level }) => [level, msg])).toEqual([
    [50, 'sink failing; its pending deliveries are kept'],
    [30, 'sink recovered'],
  ]);
});
