/** `latency`: from the last byte of a snapshot to the receiver having the match. */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { eventually } from '../../support/eventually.ts';
import { openBenchDaemon, runsNumbered } from '../bench-daemon.ts';
import { median, quantile, type Row, toRow } from '../report.ts';
import type { OtherSide } from '../start-other-side.ts';

const RUNS = 1000;
const INTERVAL_MS = 10_000;
const MEASURED_MS = 10_000;
const EVENT_BYTES = 5000;

/**
 * 1,000 runs at a cadence of 10 s, each with a match at every second poll: 50 matches a second. The clock is that of
 * the other process, which sends the snapshots and gets the matches.
 */
export async function benchLatency(other: OtherSide, scale: number): Promise<Row[]> {
  const intervalMs = INTERVAL_MS * scale;
  const sinks = [{ name: 'hook', type: 'webhook', url: other.hook }];
  const daemon = await openBenchDaemon({ api: other.api({ candidates: 10, every: 2 }), intervalMs, sinks });
  try {
    const count = Math.ceil(RUNS * scale);
    await daemon.track(runsNumbered(0, count));
    let polls = 0;
    const watcher = await daemon.watcher({ onPoll: () => void polls++ });
    watcher.start();
    // The first polls spread the runs over the interval; what follows is the steady state.
    await daemon.until(() => polls >= count);
    await wait(intervalMs / 10);
    await other.forget();
    await wait(MEASURED_MS * scale);
    await eventually(async () => (await other.stats()).latenciesMs.length > 0, { what: 'a match' });
    const { latenciesMs } = await other.stats();
    await watcher.stop(10_000);
    const limit = await bareMs(other.hook, daemon.directory, Math.ceil(500 * scale));
    return [
      toRow({ bench: 'latency', unit: 'ms p50', ours: quantile(latenciesMs, 0.5), limit }),
      toRow(
        { bench: 'latency', unit: 'ms p99', ours: quantile(latenciesMs, 0.99), limit },
        { of: 'ours', atMost: 25 },
        { of: 'ratioToLimit', atMost: 3 },
      ),
    ];
  } finally {
    await daemon.close();
  }
}

/** The median of a bare loopback POST plus one commit that is synced. */
async function bareMs(hook: string, directory: string, times: number): Promise<number> {
  const dispatcher = new Agent();
  const database = new DatabaseSync(join(directory, 'bare.db'));
  database.exec('pragma journal_mode=wal; pragma synchronous=full; create table t (body text)');
  const insert = database.prepare('insert into t values (?)');
  const body = JSON.stringify({ text: 'x'.repeat(EVENT_BYTES) });
  const took: number[] = [];
  for (let time = 0; time < times; time++) {
    const startedAt = performance.now();
    insert.run(body);
    const answer = await request(hook, { method: 'POST', body, dispatcher });
    await answer.body.dump();
    took.push(performance.now() - startedAt);
  }
  database.close();
  await dispatcher.close();
  return median(took);
}
