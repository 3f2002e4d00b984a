import { onTestFinished } from 'vitest';
import { SCENARIOS } from '../../src/simulator/scenario/scenarios.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createHandClock, type HandClock } from './hand-clock.ts';

/** A simulator of the whole library for as long as the test runs, whose time is moved by hand. */
export async function openSimulator(): Promise<{ clock: HandClock; simulator: Simulator }> {
  const clock = createHandClock();
  const simulator = await createSimulator({ scenarios: SCENARIOS, clock });
  onTestFinished(() => simulator.close());
  return { clock, simulator };
}
