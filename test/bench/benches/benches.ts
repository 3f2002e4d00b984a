/** Every bench by name. */
import process from 'node:process';
import { benchEconomy } from './economy.ts';
import { benchGrowth } from './growth.ts';
import { benchLatency } from './latency.ts';
import { benchLoopDelay } from './loop-delay.ts';
import { benchMemory } from './memory.ts';
import { benchOutbox } from './outbox.ts';
import type { Aim, Row } from '../report.ts';
import { benchRuns } from './runs.ts';
import { benchSnapshots } from './snapshots.ts';
import type { OtherSide } from '../start-other-side.ts';
import { benchStartup } from './startup.ts';

/** Gives its rows. `scale` 1 is the real thing; less is for seeing that it runs at all. */
export type Bench = (other: OtherSide, scale: number) => Promise<Row[]>;

function snapshots(
  bench: string,
  candidates: number,
  changes: boolean,
  aims: readonly Aim[],
): [string, Bench] {
  return [
    bench,
    async (other, scale) => {
      const turnMs = (candidates > 1000 ? 900 : 500) * scale;
      const options = { bench, candidates: Math.ceil(candidates * scale), changes, turnMs, aims };
      return [await benchSnapshots(other, options)];
    },
  ];
}

const CHANGED: readonly Aim[] = [
  { of: 'ratioToLimit', atLeast: 0.8 },
  { of: 'ratioToLoop', atLeast: 1.5 },
];

export const BENCHES: ReadonlyMap<string, Bench> = new Map<string, Bench>([
  snapshots('changed-10', 10, true, CHANGED),
  snapshots('changed-1000', 1000, true, CHANGED),
  snapshots('changed-5000', 5000, true, CHANGED),
  snapshots('unchanged-10', 10, false, [{ of: 'ratioToLoop', atLeast: 5 }]),
  snapshots('unchanged-1000', 1000, false, [{ of: 'ratioToLoop', atLeast: 25 }]),
  snapshots('unchanged-5000', 5000, false, [{ of: 'ratioToLoop', atLeast: 25 }]),
  ['latency', benchLatency],
  ['outbox', benchOutbox],
  ['runs', benchRuns],
  ['memory', benchMemory],
  ['loop-delay', benchLoopDelay],
  ['startup', benchStartup],
  ['economy', async (_, scale) => benchEconomy(scale, (line) => void process.stderr.write(`${line}\n`))],
  ['growth', benchGrowth],
]);
