/** `outbox`: events recorded in bulk, and delivered to a loopback webhook. */
import { Agent, request } from 'undici';
import type { Source } from '../../../src/poll/source.ts';
import { ENOUGH_ROOM } from '../../poll/scripted-source.ts';
import { openBenchDaemon, runsNumbered } from '../bench-daemon.ts';
import { createBodies } from '../bodies.ts';
import { type Row, toRow } from '../report.ts';
import type { OtherSide } from '../start-other-side.ts';

const RUNS = 20;
const CANDIDATES = 500;
/** Longest time for delivering them. */
const DELIVER_MS = 8000;
const HOUR_MS = 3_600_000;
/** As the webhook sink has. */
const AT_ONCE = 8;

/** 20 runs with 500 matches each: first all are recorded, and nothing is delivered; then all is delivered to the webhook. */
export async function benchOutbox(other: OtherSide, scale: number): Promise<Row[]> {
  const candidates = Math.ceil(CANDIDATES * scale);
  const events = RUNS * candidates;
  const sinks = [{ name: 'hook', type: 'webhook', url: other.hook }];
  const daemon = await openBenchDaemon({ api: 'http://127.0.0.1:9', intervalMs: HOUR_MS, sinks });
  try {
    await daemon.track(runsNumbered(0, RUNS));
    let recorded = 0;
    const recorder = await daemon.watcher({
      source: sourceOfMatches(candidates),
      sinks: [],
      onPoll: (poll) =>
        void (recorded += poll.recorded.kind === 'recorded' ? poll.recorded.events.length : 0),
    });
    const recordedMs = await timed(async () => {
      recorder.start();
      await daemon.until(() => recorded >= events);
    });
    await recorder.stop(10_000);

    let delivered = 0;
    const deliverer = await daemon.watcher({
      onAttempt: ({ settlement }) => void (delivered += settlement.kind === 'delivered' ? 1 : 0),
    });
    const deliveredMs = await timed(async () => {
      deliverer.start();
      const enoughAt = performance.now() + DELIVER_MS;
      await daemon.until(() => delivered >= events || performance.now() > enoughAt);
    });
    const deliveredRate = (delivered * 1000) / deliveredMs;
    await deliverer.stop(10_000);
    const limit = await barePosts(other.hook, Math.ceil(5000 * scale));
    return [
      toRow(
        { bench: 'outbox', unit: 'events recorded/s', ours: (events * 1000) / recordedMs },
        { of: 'ours', atLeast: 3000 },
      ),
      toRow(
        { bench: 'outbox', unit: 'events delivered/s', ours: deliveredRate, limit },
        { of: 'ours', atLeast: 2000 },
      ),
    ];
  } finally {
    await daemon.close();
  }
}

/** Answers at once with a snapshot in which all match. */
function sourceOfMatches(candidates: number): Source {
  const bodies = createBodies(candidates);
  return {
    async fetchResult(findallId) {
      const body = bodies.plain(findallId, candidates);
      return {
        kind: 'body',
        origin: 'https://api.example',
        body,
        bodyDigest: findallId,
        bytes: body.length,
        room: ENOUGH_ROOM,
      };
    },
  };
}

async function barePosts(hook: string, count: number): Promise<number> {
  const dispatcher = new Agent();
  const body = JSON.stringify({ text: 'x'.repeat(5000) });
  let left = count;
  const post = async (): Promise<void> => {
    while (left-- > 0) await (await request(hook, { method: 'POST', body, dispatcher })).body.dump();
  };
  const ms = await timed(async () => void (await Promise.all(Array.from({ length: AT_ONCE }, post))));
  await dispatcher.close();
  return (count * 1000) / ms;
}

async function timed(act: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}
