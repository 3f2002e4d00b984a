import { describe, expect, it } from 'vitest';
import { type AttemptReport, deliverBatch } from '../../src/deliver/deliver-batch.ts';
import type { DeliverContext, DeliveryOutcome, Sink } from '../../src/deliver/sink.ts';
import type { RunEvent } from '../../src/run-event.ts';
import type { DeliveryLease, Settlement, SinkNews } from '../../src/record/outbox.ts';
import { matchEvent } from '../builders/event-builders.ts';

const HOUR = 3_600_000;
const RETRY = { firstMs: 5000, maxMs: HOUR, giveUpMs: 24 * HOUR, alertAfterMs: 300_000 };
const NOW = 100 * HOUR;

interface Attempted {
  calls: { events: readonly RunEvent[]; context: DeliverContext }[];
  settlements: Settlement[];
  news: (SinkNews | undefined)[];
  reports: AttemptReport[];
}

/** One attempt with a sink that does `deliver`. */
async function attempt(
  deliver: Sink['deliver'],
  lease: Partial<DeliveryLease> = {},
  more: { signal?: AbortSignal; settled?: AttemptReport['settled'] } = {},
): Promise<Attempted> {
  const { signal = new AbortController().signal, settled = { kind: 'settled', events: [] } } = more;
  const attempted: Attempted = { calls: [], settlements: [], news: [], reports: [] };
  let now = NOW;
  await deliverBatch(
    {
      ...{ owner: 'me', token: 't', expiresAt: NOW + 30_000, sink: 'crm', stream: 'findall_a' },
      ...{ events: [matchEvent()], json: new Map(), attempt: 1, crashedAttempts: 0, firstAttemptAt: NOW },
      ...{ claimedAt: NOW, waitedMs: 0, waitedFor: 'turn' as const, hasFailed: false },
      remaining: null,
      sent: 0,
      settings: null,
      ...lease,
    },
    {
      sink: {
        ...{ name: 'crm', maxBatch: 1, concurrency: 1, close: async () => {} },
        deliver(events, context) {
          attempted.calls.push({ events, context });
          return deliver(events, context);
        },
      },
      retry: RETRY,
      store: {
        settle: async (_, settlement, news) => {
          attempted.news.push(news);
          attempted.settlements.push(settlement);
          return settled;
        },
      },
      clock: { now: () => now++, elapsed: () => 0, sleep: async () => {} },
      random: () => 0.5,
      report: (report) => attempted.reports.push(report),
    },
    signal,
  );
  return attempted;
}

const threeEvents = (): [RunEvent, ...RunEvent[]] => [
  matchEvent('a', 'c1', 1),
  matchEvent('a', 'c2', 2),
  matchEvent('a', 'c3', 3),
];
const answer = (outcome: DeliveryOutcome) => async () => outcome;

describe('an attempt', () => {
  it('gives the sink the events in sequence, with the number of the attempt and the signal', async () => {
    const events: [RunEvent, ...RunEvent[]] = [matchEvent('a', 'c1', 1), matchEvent('a', 'c2', 2)];
    const { signal } = new AbortController();
    const { calls } = await attempt(
      answer({ kind: 'delivered' }),
      { events, attempt: 3, sent: 7 },
      { signal },
    );
    expect(calls).toEqual([
      { events, context: { attempt: 3, json: new Map(), remaining: null, sent: 7, signal } },
    ]);
  });

  it('that carried the first of the events settles those', async () => {
    const { settlements } = await attempt(answer({ kind: 'delivered', count: 2 }), { events: threeEvents() });
    expect(settlements).toEqual([{ kind: 'delivered', now: NOW + 1, count: 2 }]);
  });

  it.each([0, 4, -1, 1.5, Number.NaN])(
    'is tried again with all of the events when the sink reports %d of three',
    async (count) => {
      const { settlements } = await attempt(answer({ kind: 'delivered', count }), { events: threeEvents() });
      const reason = `the sink failed: it reported ${count} of 3 events`;
      expect(settlements).toEqual([{ kind: 'retry', now: NOW + 1, at: NOW + 5001, reason }]);
    },
  );

  it('is not made when its lease is over: who took it over may be delivering it', async () => {
    const { calls, settlements } = await attempt(answer({ kind: 'delivered' }), { expiresAt: NOW });
    expect(calls).toEqual([]);
    expect(settlements).toEqual([{ kind: 'released', now: NOW + 1 }]);
  });

  it.each<[DeliveryOutcome, Settlement]>([
    [{ kind: 'delivered' }, { kind: 'delivered', now: NOW + 1 }],
    [
      { kind: 'retry', reason: 'HTTP 503' },
      { kind: 'retry', now: NOW + 1, at: NOW + 5001, reason: 'HTTP 503' },
    ],
    [
      { kind: 'rejected', reason: 'HTTP 400' },
      { kind: 'dead', now: NOW + 1, reason: 'HTTP 400' },
    ],
    [
      { kind: 'stopped', reason: 'HTTP 410' },
      { kind: 'stopped', now: NOW + 1, reason: 'HTTP 410' },
    ],
  ])('answered by %j is settled as %j', async (outcome, settlement) => {
    const { settlements, reports } = await attempt(answer(outcome));
    expect(settlements).toEqual([settlement]);
    expect(reports).toMatchObject([{ outcome, settlement, settled: { kind: 'settled' }, durationMs: 1 }]);
  });

  it('that lost its lease is reported as such', async () => {
    const { reports } = await attempt(answer({ kind: 'delivered' }), {}, { settled: { kind: 'lease-lost' } });
    expect(reports).toMatchObject([{ settled: { kind: 'lease-lost' } }]);
  });
});

describe('what an attempt says about its sink', () => {
  it.each<[string, DeliveryOutcome, SinkNews]>([
    ['nothing, when it was delivered', { kind: 'delivered' }, {}],
    ['nothing, when the message was refused: it did answer', { kind: 'rejected', reason: 'HTTP 400' }, {}],
    [
      'that it failed',
      { kind: 'retry', reason: 'HTTP 503' },
      { failure: { reason: 'HTTP 503', alertAfterMs: RETRY.alertAfterMs } },
    ],
    ['a pause', { kind: 'delivered', pauseMs: 5000 }, { pausedUntil: NOW + 5001 }],
  ])('%s', async (_, outcome, news) => {
    expect((await attempt(answer(outcome))).news).toEqual([news]);
  });
});

describe('a sink that throws', () => {
  it.each<[string, unknown, string]>([
    ['an error', new RangeError('https://user:canary@crm.example?token=canary'), 'RangeError'],
    ['anything else', 'canary', 'unknown'],
  ])('%s is tried again, and the reason has nothing of its text', async (_, thrown, name) => {
    const { settlements } = await attempt(async () => {
      throw thrown;
    });
    expect(settlements).toEqual([
      { kind: 'retry', now: NOW + 1, at: NOW + 5001, reason: `the sink failed: ${name}` },
    ]);
  });

  it('without returning a promise is tried again as well', async () => {
    const { settlements } = await attempt(() => {
      throw new TypeError('canary');
    });
    expect(settlements).toMatchObject([{ kind: 'retry', reason: 'the sink failed: TypeError' }]);
  });
});

describe('a shutdown', () => {
  it('that cuts an attempt off gives it back uncounted', async () => {
    const shutdown = new AbortController();
    const { settlements, reports } = await attempt(
      async () => {
        shutdown.abort();
        throw shutdown.signal.reason;
      },
      {},
      { signal: shutdown.signal },
    );
    expect(settlements).toEqual([{ kind: 'released', now: NOW + 1 }]);
    expect(reports).toMatchObject([{ outcome: { kind: 'cut-off' } }]);
  });

  it('does not undo what was delivered meanwhile', async () => {
    const shutdown = new AbortController();
    const { settlements } = await attempt(
      async () => {
        shutdown.abort();
        return { kind: 'delivered' };
      },
      {},
      { signal: shutdown.signal },
    );
    expect(settlements).toMatchObject([{ kind: 'delivered' }]);
  });
});

describe('when the time for trying is over', () => {
  it('a delivery that was interrupted by three deaths in a row is not tried again: dead', async () => {
    const lease = { attempt: 4, crashedAttempts: 3, firstAttemptAt: NOW - 24 * HOUR };
    const { calls, settlements } = await attempt(answer({ kind: 'delivered' }), lease);
    expect(calls).toEqual([]);
    expect(settlements).toEqual([
      { kind: 'dead', now: NOW + 1, reason: 'given up: its last 3 attempts killed the process' },
    ]);
  });

  it('a delivery that waited through a long outage of ours is tried once more', async () => {
    const lease = { attempt: 2, crashedAttempts: 1, firstAttemptAt: NOW - 72 * HOUR };
    const { calls, settlements } = await attempt(answer({ kind: 'retry', reason: 'down' }), lease);
    expect(calls).toHaveLength(1);
    expect(settlements).toMatchObject([{ kind: 'dead', reason: 'given up after 2 attempts: down' }]);
  });

  it('a delivery that was never tried gets its attempt', async () => {
    const lease = { attempt: 1, firstAttemptAt: NOW - 24 * HOUR };
    const { calls, settlements } = await attempt(answer({ kind: 'delivered' }), lease);
    expect(calls).toHaveLength(1);
    expect(settlements).toMatchObject([{ kind: 'delivered' }]);
  });

  it('is not a millisecond before', async () => {
    const { calls } = await attempt(answer({ kind: 'delivered' }), {
      attempt: 4,
      crashedAttempts: 3,
      firstAttemptAt: NOW - 24 * HOUR + 1,
    });
    expect(calls).toHaveLength(1);
  });
});
