import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { deliverBatch } from '../../src/deliver/deliver-batch.ts';
import { createDispatcher } from '../../src/deliver/dispatcher.ts';
import { createAttemptReporter } from '../../src/deliver/report-attempt.ts';
import type { PacePolicy } from '../../src/deliver/pace.ts';
import type { DeliveryOutcome, ConfiguredSink, RetryPolicy, Sink } from '../../src/deliver/sink.ts';
import type { Store } from '../../src/record/store.ts';
import { openTempStore } from '../builders/temp-store.ts';
import { claimLanes } from '../record/store-actions.ts';
import { eventually } from '../support/eventually.ts';
import { recordMatches } from '../record/store-actions.ts';
import { ScriptedSink } from './scripted-sink.ts';

const QUICK: RetryPolicy = { firstMs: 5, maxMs: 20, giveUpMs: 60_000, alertAfterMs: 300_000 };
const AT_ONCE: PacePolicy = { group: { waitMs: 0, max: 1 }, quiet: [], urgent: [] };
const delivered: DeliveryOutcome = { kind: 'delivered' };
const retry: DeliveryOutcome = { kind: 'retry', reason: 'HTTP 503' };

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n + 1);
}

function startDelivering(
  store: Store,
  sinks: readonly Sink[],
  policy: RetryPolicy = QUICK,
  leaseMs = 60_000,
  rules: Partial<Pick<ConfiguredSink, 'pace' | 'rate'>> = {},
) {
  const lines: { msg: string; level: number; sink?: string; reason?: string; event_ids?: string[] }[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const report = createAttemptReporter(logger);
  const dispatcher = createDispatcher({
    store,
    sinks: sinks.map((sink) => ({
      sink,
      retry: policy,
      pace: AT_ONCE,
      rate: null,
      settings: null,
      ...rules,
    })),
    deliver: ({ sink, retry: schedule }, lease, signal) =>
      deliverBatch(
        lease,
        { sink, retry: schedule, store, clock: systemClock, random: Math.random, report },
        signal,
      ),
    owner: 'me',
    leaseMs,
    clock: systemClock,
    logger,
  });
  dispatcher.start();
  onTestFinished(() => dispatcher.stop(0));
  return { dispatcher, lines };
}

describe('delivering what is pending', () => {
  it('delivers every event of every run once, in sequence, one of a run at a time', async () => {
    const store = await openTempStore();
    const runs = ['findall_a', 'findall_b', 'findall_c'];
    for (const run of runs) await recordMatches(store, run, 8, ['crm']);
    const sink = new ScriptedSink('crm', async () => (await systemClock.sleep(1), delivered));
    startDelivering(store, [sink]);
    await eventually(() => sink.accepted.length === 24);
    for (const run of runs) expect(sink.sequences(run)).toEqual(upTo(8));
    expect(sink.mostOfOne).toBe(1);
    expect(sink.most).toBeGreaterThan(1);
    await eventually(async () => (await store.backlog()).length === 0);
    expect(sink.attempts).toHaveLength(24);
  });

  it('keeps the sequence of a run when attempts fail in between', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 6, ['crm']);
    const sink = new ScriptedSink('crm', (_, n) => (n % 2 === 1 ? retry : delivered));
    startDelivering(store, [sink]);
    await eventually(() => sink.accepted.length === 6);
    expect(sink.sequences('findall_a')).toEqual(upTo(6));
  });

  it('takes no more of a run into one message than the sink carries', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 25, ['crm']);
    const sink = new ScriptedSink('crm', () => delivered, { maxBatch: 10 });
    startDelivering(store, [sink]);
    await eventually(() => sink.accepted.length === 25);
    expect(sink.batches).toEqual([10, 10, 5]);
    expect(sink.sequences('findall_a')).toEqual(upTo(25));
  });

  it('has no more messages on their way than the sink allows', async () => {
    const store = await openTempStore();
    for (let run = 0; run < 10; run++) await recordMatches(store, `findall_${run}`, 2, ['crm']);
    const sink = new ScriptedSink('crm', async () => (await systemClock.sleep(5), delivered), {
      concurrency: 3,
    });
    startDelivering(store, [sink]);
    await eventually(() => sink.accepted.length === 20);
    expect(sink.most).toBe(3);
  });

  it('is shared by two processes on one store without a run’s order being lost', async () => {
    const store = await openTempStore();
    for (const run of ['findall_a', 'findall_b']) await recordMatches(store, run, 15, ['crm']);
    const sink = new ScriptedSink('crm', async () => (await systemClock.sleep(1), delivered));
    startDelivering(store, [sink]);
    startDelivering(store, [sink]);
    await eventually(() => sink.accepted.length === 30);
    expect(sink.mostOfOne).toBe(1);
    for (const run of ['findall_a', 'findall_b']) expect(sink.sequences(run)).toEqual(upTo(15));
  });
});

describe('what fails holds up nothing else', () => {
  it('a sink that always fails does not hold up another', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 5, ['down', 'crm']);
    const down = new ScriptedSink('down', () => retry);
    const crm = new ScriptedSink('crm', () => delivered);
    startDelivering(store, [down, crm]);
    await eventually(() => crm.accepted.length === 5 && down.attempts.length >= 3);
    await eventually(async () => (await store.backlog()).every(({ sink }) => sink === 'down'));
    expect(new Set(down.attempts.map(({ sequence }) => sequence))).toEqual(new Set([1]));
    expect(await store.backlog()).toMatchObject([{ sink: 'down', pending: 5, dead: 0 }]);
  });

  it('a sink that never answers does not hold up another', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 5, ['silent', 'crm']);
    const silent = new ScriptedSink('silent', async (_, __, signal) => {
      await systemClock.sleep(60_000, signal);
      throw new Error('interrupted');
    });
    const crm = new ScriptedSink('crm', () => delivered);
    startDelivering(store, [silent, crm]);
    await eventually(() => crm.accepted.length === 5);
    expect(silent.attempts).toHaveLength(1);
  });

  it('a run that always fails does not hold up another run of the same sink', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_bad', 3, ['crm']);
    await recordMatches(store, 'findall_good', 5, ['crm']);
    const crm = new ScriptedSink('crm', ({ findall_id }) =>
      findall_id === 'findall_bad' ? retry : delivered,
    );
    startDelivering(store, [crm]);
    await eventually(() => crm.sequences('findall_good').length === 5);
    expect(crm.sequences('findall_bad')).toEqual([]);
  });

  it('a sink that throws is tried again like one that fails', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 2, ['crm']);
    const crm = new ScriptedSink('crm', (_, n) => {
      if (n === 1) throw new Error('a defect');
      return delivered;
    });
    startDelivering(store, [crm]);
    await eventually(() => crm.accepted.length === 2);
    expect(crm.sequences('findall_a')).toEqual([1, 2]);
  });
});

describe('a delivery that is dead', () => {
  it('when rejected is skipped at once, and the rest of the run follows', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 4, ['crm']);
    const crm = new ScriptedSink('crm', ({ sequence }) =>
      sequence === 2 ? { kind: 'rejected', reason: 'HTTP 400' } : delivered,
    );
    const { lines } = startDelivering(store, [crm]);
    await eventually(() => crm.accepted.length === 3);
    expect(crm.sequences('findall_a')).toEqual([1, 3, 4]);
    expect(crm.attempts).toHaveLength(4);
    // The last is settled after it was accepted.
    await eventually(async () => (await store.backlog())[0]?.pending === 0);
    expect(await store.backlog()).toMatchObject([{ sink: 'crm', pending: 0, dead: 1 }]);
    expect(lines.filter(({ msg }) => msg === 'delivery dead')).toMatchObject([{ reason: 'HTTP 400' }]);
  });

  it('when the time for trying is over is skipped, and the rest of the run follows', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 3, ['crm']);
    const crm = new ScriptedSink('crm', ({ sequence }) => (sequence === 1 ? retry : delivered));
    startDelivering(store, [crm], { ...QUICK, giveUpMs: 60 });
    await eventually(() => crm.accepted.length === 2);
    expect(crm.sequences('findall_a')).toEqual([2, 3]);
    expect(await store.backlog()).toMatchObject([{ dead: 1 }]);
  });
});

describe('a sink whose receiver asked for no more deliveries (410)', () => {
  it('gets nothing more, is said to have stopped, and its pending deliveries are kept', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 3, ['crm', 'log']);
    const crm = new ScriptedSink('crm', () => ({ kind: 'stopped', reason: 'HTTP 410' }));
    const log = new ScriptedSink('log', () => delivered);
    const { dispatcher, lines } = startDelivering(store, [crm, log]);
    await eventually(() => crm.attempts.length === 1 && log.accepted.length === 3);
    await recordMatches(store, 'findall_b', 1, ['crm', 'log']);
    dispatcher.wake();
    await eventually(() => log.accepted.length === 4);
    expect(crm.attempts).toHaveLength(1);
    // The log has taken its last before that is settled.
    await eventually(async () => (await store.backlog()).length === 1);
    expect(await store.backlog()).toMatchObject([
      { sink: 'crm', pending: 4, dead: 0, state: 'stopped', reason: 'HTTP 410' },
    ]);
    expect(lines.filter(({ msg }) => msg.startsWith('delivery refused, and all others'))).toHaveLength(1);
  });

  it('gets everything once it is repaired', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 3, ['crm']);
    let repaired = false;
    const crm = new ScriptedSink('crm', () =>
      repaired ? delivered : { kind: 'stopped', reason: 'HTTP 410' },
    );
    startDelivering(store, [crm]);
    await eventually(async () => (await store.backlog())[0]?.reason === 'HTTP 410');
    repaired = true;
    await store.resumeSinks(['crm'], systemClock.now());
    await eventually(() => crm.accepted.length === 3);
    expect(crm.sequences('findall_a')).toEqual([1, 2, 3]);
  });
});

describe('a shutdown', () => {
  it('gives back what is on its way, uncounted, so that it is due at once afterwards', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 2, ['crm']);
    const silent = new ScriptedSink('crm', async (_, __, signal) => {
      await systemClock.sleep(60_000, signal);
      throw signal.reason as Error;
    });
    const { dispatcher, lines } = startDelivering(store, [silent]);
    await eventually(() => silent.attempts.length === 1);
    await dispatcher.stop(10);
    expect(lines.map(({ msg }) => msg)).toEqual(['delivery given back']);
    const [lease] = await claimLanes(store, 'crm', { owner: 'next', now: systemClock.now() });
    expect(lease).toMatchObject({ attempt: 1, events: [{ sequence: 1 }] });
  });
});

describe('the log of attempts', () => {
  it('names sink, event ids and reason, loud in the measure of the failure', async () => {
    const store = await openTempStore();
    await recordMatches(store, 'findall_a', 1, ['crm']);
    const crm = new ScriptedSink('crm', (_, n) => (n === 1 ? retry : delivered));
    const { lines } = startDelivering(store, [crm]);
    await eventually(() => lines.length === 2);
    const event_ids = [crm.accepted[0]?.id];
    expect(lines).toMatchObject([
      { level: 40, msg: 'delivery failed', sink: 'crm', event_ids, reason: 'HTTP 503' },
      { level: 30, msg: 'delivered', sink: 'crm', event_ids },
    ]);
  });
});
