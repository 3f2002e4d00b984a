/** `changed-N`, `unchanged-N`: snapshots a second, one run polled back to back. */
import { type Contender, createLimit, createLoop, createOurs } from '../contenders.ts';
import { type Aim, type Row, toRow } from '../report.ts';
import type { OtherSide } from '../start-other-side.ts';

/** Contenders take turns, so that a busy moment of the machine is everybody's. */
const TURNS = 3;

export interface SnapshotsOptions {
  bench: string;
  candidates: number;
  changes: boolean;
  /** Of each contender in each turn. */
  turnMs: number;
  aims: readonly Aim[];
}

/** Every contender on the same answers. */
export async function benchSnapshots(other: OtherSide, options: SnapshotsOptions): Promise<Row> {
  const { bench, candidates, changes, turnMs, aims } = options;
  const api = other.api({ candidates, every: changes ? 1 : 0 });
  const contenders = { limit: createLimit(api), loop: createLoop(api), ours: await createOurs(api) };
  try {
    const names = ['limit', 'loop', 'ours'] as const;
    // The first answers make the bodies over there, the code here warm, and everything known.
    for (const name of names) await warmUp(contenders[name], turnMs);
    const total = { limit: { polls: 0, ms: 0 }, loop: { polls: 0, ms: 0 }, ours: { polls: 0, ms: 0 } };
    for (let turn = 0; turn < TURNS; turn++) {
      for (const name of names) {
        const { polls, ms } = await contenders[name].pollFor(turnMs);
        total[name].polls += polls;
        total[name].ms += ms;
      }
    }
    const rate = (name: (typeof names)[number]) => (total[name].polls * 1000) / total[name].ms;
    return toRow(
      { bench, unit: 'snapshots/s', ours: rate('ours'), loop: rate('loop'), limit: rate('limit') },
      ...aims,
    );
  } finally {
    for (const contender of Object.values(contenders)) await contender.close();
  }
}

async function warmUp(contender: Contender, turnMs: number): Promise<void> {
  await contender.pollFor(turnMs / 3);
}
