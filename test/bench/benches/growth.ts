/** `growth`: what a poll costs as candidates grow, and what a look at the store costs as runs grow. */
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../../src/clock.ts';
import { openBenchDaemon, runNumber } from '../bench-daemon.ts';
import { createLimit, createOurs } from '../contenders.ts';
import { median, type Row, toRow } from '../report.ts';
import type { OtherSide } from '../start-other-side.ts';

const SIZES = [10, 100, 1000, 10_000];
const POLL_MS = 1500;
const FEW = 10;
const MANY = 100_000;
const HOUR_MS = 3_600_000;

/** Polls with 1 % of the candidates changed, at four sizes; then ticks with ten runs and with 100,000. */
export async function benchGrowth(other: OtherSide, scale: number): Promise<Row[]> {
  const rows: Row[] = [];
  const perCandidate = new Map<number, number>();
  for (const size of SIZES) {
    const candidates = Math.ceil(size * scale);
    const api = other.api({ candidates, every: 1 });
    const limit = await msAPoll(createLimit(api), POLL_MS * scale);
    const ours = await msAPoll(await createOurs(api), POLL_MS * scale);
    perCandidate.set(size, ours / candidates);
    rows.push(
      toRow({ bench: 'growth', unit: `ms/poll, ${size.toLocaleString('en-US')} candidates`, ours, limit }),
    );
  }
  rows.push(
    toRow(
      {
        bench: 'growth',
        unit: 'µs/candidate at 10,000 (limit: at 1,000)',
        ours: (perCandidate.get(10_000) ?? 0) * 1000,
        limit: (perCandidate.get(1000) ?? 0) * 1000,
      },
      { of: 'ratioToLimit', atMost: 1.5 },
    ),
  );
  const few = await tickUs(FEW);
  const many = await tickUs(Math.max(FEW, Math.ceil(MANY * scale)));
  for (const kind of ['idle', 'claiming'] as const) {
    const unit = `µs/tick ${kind}, 100,000 runs (limit: 10)`;
    rows.push(
      toRow({ bench: 'growth', unit, ours: many[kind], limit: few[kind] }, { of: 'ratioToLimit', atMost: 2 }),
    );
  }
  return rows;
}

async function msAPoll(contender: ReturnType<typeof createLimit>, ms: number): Promise<number> {
  try {
    await contender.pollFor(ms / 3);
    const pace = await contender.pollFor(ms);
    return pace.ms / pace.polls;
  } finally {
    await contender.close();
  }
}

/** Looks at the store when nothing is due, and claims of one due run. */
async function tickUs(runs: number): Promise<{ idle: number; claiming: number }> {
  const daemon = await openBenchDaemon({ api: 'http://127.0.0.1:9', intervalMs: HOUR_MS, sinks: [] });
  try {
    await daemon.track([runNumber(0)]);
    multiply(daemon.storePath, runs);
    const claim = (now: number) => () =>
      daemon.store.claimDueRuns({ owner: 'bench', limit: 1, leaseMs: HOUR_MS, now, keyFingerprint: 'k' });
    // All were tracked just now: nothing was due an hour ago, everything is due from now on.
    const now = systemClock.now();
    return {
      idle: await medianUs(200, claim(now - HOUR_MS)),
      claiming: await medianUs(FEW, claim(now + 1000)),
    };
  } finally {
    await daemon.close();
  }
}

/** A hundred thousand commits would take a minute: the one run is copied within one. */
function multiply(path: string, runs: number): void {
  const database = new DatabaseSync(path);
  const columns = database
    .prepare('select name from pragma_table_info(?)')
    .all('runs')
    .map(({ name }) => String(name));
  const copied = columns.map((name) =>
    name === 'findall_id' ? "printf('findall_%032x', number)" : `runs.${name}`,
  );
  database.exec(
    `with recursive numbers(number) as (select 1 union all select number + 1 from numbers where number < ${runs - 1})
     insert into runs (${columns.join(', ')}) select ${copied.join(', ')} from numbers, runs
     where runs.findall_id = '${runNumber(0)}'`,
  );
  // Or the first commits after it would do all of it.
  database.exec('pragma wal_checkpoint(truncate)');
  database.close();
}

async function medianUs(times: number, act: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < times; time++) {
    const startedAt = performance.now();
    await act();
    took.push((performance.now() - startedAt) * 1000);
  }
  return median(took);
}
