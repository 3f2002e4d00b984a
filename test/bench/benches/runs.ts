/** `runs`: how many runs one process watches before polls come late. */
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import type { PollReport } from '../../../src/poll/watch-run.ts';
import { openBenchDaemon, runsNumbered } from '../bench-daemon.ts';
import { quantile, type Row, toRow } from '../report.ts';
import type { OtherSide } from '../start-other-side.ts';

const STEPS = [250, 1000, 2000, 3000, 4500];
const INTERVAL_MS = 10_000;
const LATE_MS = 1000;
/** Longest for first polls of a step's new runs: who has not seen them all by then is past the knee. */
const RAMP_MS = 20_000;

interface Step {
  runs: number;
  lagMs: number;
  rssMb: number;
}

/**
 * Ever more runs of 100 candidates at a cadence of 10 s, one poll in six with a change, until the 99th percentile of how late
 * polls begin is a second: the knee is the step before.
 */
export async function benchRuns(other: OtherSide, scale: number): Promise<Row[]> {
  const intervalMs = INTERVAL_MS * scale;
  const api = other.api({ candidates: 100, every: 6 });
  const sinks = [{ name: 'hook', type: 'webhook', url: other.hook }];
  const daemon = await openBenchDaemon({ api, intervalMs, sinks });
  let lags: number[] = [];
  const seen = new Set<string>();
  const onPoll = ({ lease, record, durationMs }: PollReport): void => {
    seen.add(lease.run.findallId);
    lags.push(record.now - durationMs - (lease.run.nextPollAt ?? record.now));
  };
  const watcher = await daemon.watcher({ onPoll });
  watcher.start();
  const held: Step[] = [];
  try {
    for (const step of STEPS) {
      const count = Math.ceil(step * scale);
      await daemon.track(runsNumbered(seen.size, count));
      watcher.wake();
      const giveUpAt = performance.now() + RAMP_MS;
      await daemon.until(() => seen.size >= count || performance.now() > giveUpAt);
      if (seen.size < count) break;
      await wait(intervalMs / 4);
      lags = [];
      await wait(intervalMs);
      const lagMs = quantile(lags, 0.99);
      const rssMb = process.memoryUsage.rss() / 1e6;
      process.stderr.write(`  ${count} runs: lag p99 ${lagMs.toFixed(0)} ms, RSS ${rssMb.toFixed(0)} MB\n`);
      if (!(lagMs < LATE_MS)) break;
      held.push({ runs: count, lagMs, rssMb });
    }
  } finally {
    await watcher.stop(10_000);
    await daemon.close();
  }
  const knee = held.at(-1) ?? {
    runs: 0,
    lagMs: lags.length === 0 ? RAMP_MS : quantile(lags, 0.99),
    rssMb: process.memoryUsage.rss() / 1e6,
  };
  return [
    toRow({ bench: 'runs', unit: 'runs at the knee', ours: knee.runs }, { of: 'ours', atLeast: 2000 }),
    toRow({ bench: 'runs', unit: 'ms lag p99 there', ours: knee.lagMs }, { of: 'ours', atMost: LATE_MS }),
    toRow({ bench: 'runs', unit: 'MB RSS there', ours: knee.rssMb }, { of: 'ours', atMost: 256 }),
  ];
}
