/** `loop-delay`: how long everything else in the process waits while large snapshots are dealt with. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Contender, createLimit, createLoop, createOurs } from '../contenders.ts';
import { quantile, type Row, toRow } from '../report.ts';
import type { OtherSide } from '../start-other-side.ts';

const CANDIDATES = 5000;
const MEASURED_MS = 4000;
const LOOK_MS = 1;

interface Delay {
  /** As Node counts: a look at each turn, so one long wait is one look among many short ones. */
  p99: number;
  /** Of what comes at any moment: a wait of 300 ms is met by everything that comes within it. */
  p99AtAnyMoment: number;
  longest: number;
}

/** All contenders under the same load, 1 % of 5,000 candidates changed each poll. */
export async function benchLoopDelay(other: OtherSide, scale: number): Promise<Row[]> {
  const api = other.api({ candidates: Math.ceil(CANDIDATES * scale), every: 1 });
  const ms = MEASURED_MS * scale;
  const limit = await delayOf(createLimit(api), ms);
  const loop = await delayOf(createLoop(api), ms);
  const ours = await delayOf(await createOurs(api), ms);
  const row = (unit: string, of: keyof Delay) =>
    [{ bench: 'loop-delay', unit, ours: ours[of], loop: loop[of], limit: limit[of] }] as const;
  return [
    toRow(...row('ms p99 of turns', 'p99'), { of: 'ours', atMost: 50 }),
    toRow(...row('ms p99 at any moment', 'p99AtAnyMoment'), { of: 'ours', atMost: 50 }),
    toRow(...row('ms longest', 'longest')),
  ];
}

async function delayOf(contender: Contender, ms: number): Promise<Delay> {
  try {
    await contender.pollFor(ms / 5);
    const histogram = monitorEventLoopDelay({ resolution: LOOK_MS });
    const waits: number[] = [];
    let lookedAt = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      // Who comes during a wait waits for the rest of it.
      for (let rest = now - lookedAt - LOOK_MS; rest > 0; rest -= LOOK_MS) waits.push(rest);
      waits.push(0);
      lookedAt = now;
    }, LOOK_MS);
    histogram.enable();
    await contender.pollFor(ms);
    histogram.disable();
    clearInterval(timer);
    const longest = waits.reduce((most, each) => Math.max(most, each), 0);
    return { p99: histogram.percentile(99) / 1e6, p99AtAnyMoment: quantile(waits, 0.99), longest };
  } finally {
    await contender.close();
  }
}
