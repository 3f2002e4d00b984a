/** Every bench by name. */
import type { Aim, Row } from './report.ts';
import { benchSnapshots } from './snapshots.ts';
import type { OtherSide } from './start-other-side.ts';

export interface Bench {
  /** `scale` 1 is the real thing; less is for seeing that it runs at all. */
  run(other: OtherSide, scale: number): Promise<Row[]>;
}

function snapshots(
  bench: string,
  candidates: number,
  changes: boolean,
  aims: readonly Aim[],
): [string, Bench] {
  const run = async (other: OtherSide, scale: number): Promise<Row[]> => {
    const options = {
      bench,
      candidates: Math.ceil(candidates * scale),
      changes,
      turnMs: (candidates > 1000 ? 900 : 500) * scale,
      aims,
    };
    return [await benchSnapshots(other, options)];
  };
  return [bench, { run }];
}

const CHANGED: readonly Aim[] = [
  { of: 'ratioToLimit', atLeast: 0.8 },
  { of: 'ratioToLoop', atLeast: 1.5 },
];

export const BENCHES: ReadonlyMap<string, Bench> = new Map([
  snapshots('changed-10', 10, true, CHANGED),
  snapshots('changed-1000', 1000, true, CHANGED),
  snapshots('changed-5000', 5000, true, CHANGED),
  snapshots('unchanged-10', 10, false, [{ of: 'ratioToLoop', atLeast: 5 }]),
  snapshots('unchanged-1000', 1000, false, [{ of: 'ratioToLoop', atLeast: 25 }]),
  snapshots('unchanged-5000', 5000, false, [{ of: 'ratioToLoop', atLeast: 25 }]),
]);
