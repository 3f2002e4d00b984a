/** `memory`: what a tracked run costs, and what many large snapshots at once cost. */
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { openBenchDaemon, runsNumbered } from '../bench-daemon.ts';
import { type Row, toRow } from '../report.ts';
import type { OtherSide, Shape } from '../start-other-side.ts';

const HOUR_MS = 3_600_000;
const LOG = [{ name: 'log', type: 'log' }];

/** Run with `--expose-gc`. What SQLite caches is its own memory and in no figure of the heap. */
export async function benchMemory(other: OtherSide, scale: number): Promise<Row[]> {
  const scaled = (count: number) => Math.ceil(count * scale);
  const large = { candidates: scaled(4400), every: 0 };
  // First: the high-water mark only rises.
  const alone = await peakMb(other.api(large), { runs: 2, concurrency: 1 });
  const together = await peakMb(other.api(large), { runs: 50, concurrency: 50 });
  const idle = await heapKbARun(other, { candidates: 1, every: 0 }, scaled(1000));
  const busy = await heapKbARun(other, { candidates: scaled(1000), every: 0 }, 20);
  return [
    toRow({ bench: 'memory', unit: 'KB/run idle', ours: idle }, { of: 'ours', atMost: 2 }),
    toRow({ bench: 'memory', unit: 'KB/run of 1,000 candidates', ours: busy }, { of: 'ours', atMost: 100 }),
    // The limit: one at a time.
    toRow(
      { bench: 'memory', unit: 'MB peak RSS, 50 × 20 MB', ours: together, limit: alone },
      { of: 'ratioToLimit', atMost: 2 },
    ),
  ];
}

/** Growth of the heap by `runs` runs that have been polled and are not due for long. */
async function heapKbARun(other: OtherSide, shape: Shape, runs: number): Promise<number> {
  const daemon = await openBenchDaemon({ api: other.api(shape), intervalMs: HOUR_MS, sinks: LOG });
  let polls = 0;
  const watcher = await daemon.watcher({ onPoll: () => void polls++ });
  watcher.start();
  const poll = async (from: number, to: number): Promise<void> => {
    const wanted = polls + to - from;
    await daemon.track(runsNumbered(from, to));
    watcher.wake();
    await daemon.until(() => polls >= wanted);
  };
  try {
    // Code, connections and statements are there after the first few.
    await poll(0, WARM_UP);
    const before = await heapBytes();
    await poll(WARM_UP, WARM_UP + runs);
    return ((await heapBytes()) - before) / runs / 1000;
  } finally {
    await watcher.stop(10_000);
    await daemon.close();
  }
}

const WARM_UP = 16;

/** The least of a few looks: connections and promises need a moment to go. */
async function heapBytes(): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 5; look++) {
    globalThis.gc?.();
    await wait(50);
    const { heapUsed, external } = process.memoryUsage();
    looks.push(heapUsed + external);
  }
  return Math.min(...looks);
}

/** The process's high-water mark after so many runs were polled once. */
async function peakMb(
  api: string,
  { runs, concurrency }: { runs: number; concurrency: number },
): Promise<number> {
  const daemon = await openBenchDaemon({ api, intervalMs: HOUR_MS, sinks: LOG, concurrency });
  let polls = 0;
  const watcher = await daemon.watcher({ onPoll: () => void polls++ });
  try {
    await daemon.track(runsNumbered(0, runs));
    watcher.start();
    await daemon.until(() => polls >= runs);
    return (process.resourceUsage().maxRSS * 1024) / 1e6;
  } finally {
    await watcher.stop(10_000);
    await daemon.close();
  }
}
