import type { Clock } from '../clock.ts';
import { jsonAnswer, type Answer } from './answer.ts';
import type { Scenario } from './scenario/scenario.ts';
import type { Steered } from './steer.ts';
import { snapshotAfter, snapshotAt, stepsTaken, type ResultBody } from './scenario/timeline.ts';

/** One scenario being lived, from the instant it was made. */
export interface SimulatedRun {
  scenario(): Scenario;
  /** Scenario milliseconds since the start. */
  elapsedMs(): number;
  snapshot(): ResultBody;
  /** As it was `byMs` of scenario time ago, though not before its start. */
  snapshotAgo(byMs: number): ResultBody;
  /** The present snapshot's answer: the very same bytes until the next step. */
  answer(): Answer;
  restart(): void;
  /** Goes on as `steer` says, which is given the scenario and the scenario milliseconds since the start; or not, when it refuses. */
  steer(steer: (scenario: Scenario, elapsedMs: number) => Steered): Steered;
}

/** Starts `scenario` now; `timeScale` is scenario milliseconds per real one. */
export function createSimulatedRun(given: Scenario, clock: Clock, timeScale: number): SimulatedRun {
  let scenario = given;
  let epoch = { startedAt: clock.now(), timeScale };
  let latest: { steps: number; answer: Answer } | null = null;
  const elapsedMs = (): number => (clock.now() - epoch.startedAt) * timeScale;
  const snapshot = (): ResultBody => snapshotAt(scenario, elapsedMs(), epoch);
  return {
    scenario: () => scenario,
    elapsedMs,
    snapshot,
    snapshotAgo: (byMs) => snapshotAt(scenario, Math.max(0, elapsedMs() - byMs), epoch),
    answer() {
      const steps = stepsTaken(scenario, elapsedMs());
      if (latest?.steps !== steps) {
        latest = { steps, answer: jsonAnswer(snapshotAfter(scenario, steps, epoch)) };
      }
      return latest.answer;
    },
    restart() {
      scenario = given;
      epoch = { startedAt: clock.now(), timeScale };
      latest = null;
    },
    steer(steer) {
      const steered = steer(scenario, elapsedMs());
      if ('timeline' in steered) {
        scenario = steered;
        latest = null;
      }
      return steered;
    },
  };
}
