/**
 * `economy`: requests and bytes for runs of 60 minutes, our cadence against fixed polling, by simulation.
 *
 * Runs are the simulator's library and generated ones, stretched to an hour. A cadence is lived through the real
 * `assess`, answer by answer; a match's time is from the step that made it to the first poll after it.
 */
import type { Snapshot } from '../../../src/model.ts';
import { generateScenarios } from '../../../src/simulator/scenario/generate-scenarios.ts';
import type { Scenario } from '../../../src/simulator/scenario/scenario.ts';
import { SCENARIOS } from '../../../src/simulator/scenario/scenarios.ts';
import { createRandom, seedFrom } from '../../../src/simulator/seeded-random.ts';
import { snapshotAfter, stepsTaken } from '../../../src/simulator/scenario/timeline.ts';
import { seen, unchanged, Watch } from '../../poll/watch.ts';
import { median, type Row, toRow } from '../report.ts';

const HOUR_MS = 3_600_000;
const SECOND_MS = 1000;
const EPOCH = { startedAt: 0, timeScale: 1 };

/** What a way of polling costs over all runs, and what it is worth. */
interface Cost {
  name: string;
  requests: number;
  megabytes: number;
  /** Median time to match. */
  medianMs: number;
}

interface Shape {
  scenario: Scenario;
  /** Instants at which some candidate first matched. */
  matchedAt: number[];
  endsAt: number;
  snapshot(at: number): { steps: number; body: Snapshot; bytes: number };
}

/** Every way of polling over every shape; the curve behind the rows. */
function economyCurve(scale: number): { fixed: Cost[]; ours: Cost[] } {
  const shapes = shapesOf(Math.ceil(20 * scale));
  const fixed = [2, 5, 10, 15, 20, 30, 45, 60].map((seconds) =>
    costOf(`fixed ${seconds} s`, shapes, (shape) => fixedPolls(shape, seconds * SECOND_MS)),
  );
  const pairs = [
    [1, 4],
    [1, 6],
    [1, 8],
    [2, 5],
    [2, 6],
    [2, 8],
    [3, 6],
    [5, 20],
    [5, 60],
    [10, 20],
    [10, 60],
    [15, 60],
    [20, 60],
    [20, 90],
  ] as const;
  const ours = pairs.map(([interval, longest]) =>
    costOf(`ours ${interval} s to ${longest} s`, shapes, (shape) =>
      ourPolls(shape, interval * SECOND_MS, longest * SECOND_MS),
    ),
  );
  return { fixed, ours };
}

/** For each fixed distance the cheapest of our cadences that is as quick, and our default as it is. */
export function benchEconomy(scale: number, report: (line: string) => void): Row[] {
  const { fixed, ours } = economyCurve(scale);
  for (const { name, requests, megabytes, medianMs } of [...fixed, ...ours]) {
    const seconds = (medianMs / SECOND_MS).toFixed(1).padStart(5);
    report(
      `  ${name.padEnd(18)} ${seconds} s to match, ${Math.round(requests)} requests, ${megabytes.toFixed(1)} MB a run`,
    );
  }
  return ['fixed 5 s', 'fixed 30 s'].flatMap((name) => {
    const rival = fixed.find((cost) => cost.name === name);
    if (!rival) throw new Error(`no ${name}`);
    const asQuick = ours.filter(({ medianMs }) => medianMs <= rival.medianMs);
    const best = asQuick.toSorted((a, b) => a.requests - b.requests)[0];
    if (!best) throw new Error(`no cadence of ours is as quick as ${name}`);
    const row = (unit: string, of: 'requests' | 'megabytes') =>
      toRow(
        { bench: 'economy', unit: `${unit} as quick as ${name}`, ours: best[of], loop: rival[of] },
        { of: 'ratioToLoop', atMost: 1 },
      );
    return [row('requests', 'requests'), row('MB', 'megabytes')];
  });
}

function shapesOf(generated: number): Shape[] {
  const made = generateScenarios({
    count: generated,
    candidates: 60,
    durationMs: HOUR_MS,
    seed: 6,
    startSpreadMs: 60_000,
  });
  return [...SCENARIOS.map(stretched), ...made].map(shapeOf);
}

/** The same life over an hour. */
function stretched(scenario: Scenario): Scenario {
  const factor = HOUR_MS / Math.max(1, scenario.timeline.at(-1)?.atMs ?? 1);
  return {
    ...scenario,
    timeline: scenario.timeline.map((step) => ({ ...step, atMs: Math.round(step.atMs * factor) })),
  };
}

function shapeOf(scenario: Scenario): Shape {
  const known = new Map<number, { steps: number; body: Snapshot; bytes: number }>();
  const matched = new Map<string, number>();
  for (const step of scenario.timeline) {
    if (step.kind !== 'candidate' || step.candidate.match_status !== 'matched') continue;
    if (!matched.has(step.candidate.candidate_id)) matched.set(step.candidate.candidate_id, step.atMs);
  }
  const endings = scenario.timeline.filter(({ kind }) => kind === 'end').map(({ atMs }) => atMs);
  return {
    scenario,
    matchedAt: [...matched.values()],
    endsAt: endings.at(-1) ?? HOUR_MS,
    snapshot(at) {
      const steps = stepsTaken(scenario, at);
      const found = known.get(steps);
      if (found) return found;
      const body = snapshotAfter(scenario, steps, EPOCH);
      const made = { steps, body, bytes: JSON.stringify(body).length };
      known.set(steps, made);
      return made;
    },
  };
}

/** From a random moment of its first interval until the run has ended for good. */
function fixedPolls({ scenario, endsAt }: Shape, everyMs: number): number[] {
  const random = createRandom(seedFrom(scenario.findallId));
  const polls: number[] = [];
  for (let at = random.next() * everyMs; at < endsAt + everyMs && at <= HOUR_MS; at += everyMs)
    polls.push(at);
  return polls;
}

/** Lives the real decisions; as long as fixed polling would, so that lingering is nobody's advantage. */
function ourPolls(shape: Shape, intervalMs: number, maxIntervalMs: number): number[] {
  const random = createRandom(seedFrom(shape.scenario.findallId));
  const first = random.next() * intervalMs;
  const watch = new Watch(
    { intervalMs, maxIntervalMs },
    { findallId: shape.scenario.findallId, nextPollAt: first },
  );
  watch.random = random.next;
  const polls: number[] = [];
  let steps = -1;
  for (;;) {
    const at = watch.run.nextPollAt;
    if (at === null || at > HOUR_MS || at >= shape.endsAt + maxIntervalMs) return polls;
    const { steps: taken, body } = shape.snapshot(at);
    watch.poll(taken === steps ? unchanged : seen(body));
    steps = taken;
    polls.push(at);
  }
}

function costOf(name: string, shapes: readonly Shape[], pollsOf: (shape: Shape) => number[]): Cost {
  const waits: number[] = [];
  let requests = 0;
  let bytes = 0;
  for (const shape of shapes) {
    const polls = pollsOf(shape);
    requests += polls.length;
    for (const at of polls) bytes += shape.snapshot(at).bytes;
    for (const matchedAt of shape.matchedAt) {
      const found = polls.find((at) => at >= matchedAt);
      if (found !== undefined) waits.push(found - matchedAt);
    }
  }
  return {
    name,
    requests: requests / shapes.length,
    megabytes: bytes / 1e6 / shapes.length,
    medianMs: median(waits),
  };
}
