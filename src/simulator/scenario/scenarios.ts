import { demo } from './library/demo.ts';
import {
  cancelledLateMatch,
  failedWithMatches,
  lowMatchRate,
  neverEnds,
  timeout,
} from './library/endings.ts';
import { flatOutputs, unknownEnums } from './library/oddities.ts';
import { actionRequired, enrichedAfterCompletion, retracted, revived, vanishing } from './library/turns.ts';
import type { Scenario } from './scenario.ts';

/** Every scenario of the library, in the order README.md lists them. Companies, people and links are invented. */
export const SCENARIOS: readonly Scenario[] = [
  demo,
  failedWithMatches,
  cancelledLateMatch,
  timeout,
  lowMatchRate,
  neverEnds,
  enrichedAfterCompletion,
  revived,
  actionRequired,
  vanishing,
  retracted,
  flatOutputs,
  unknownEnums,
];

/** Names that `scenarioNamed` knows. */
export const SCENARIO_NAMES: readonly string[] = SCENARIOS.map((scenario) => scenario.name);

/** The library's scenario of this name; null when there is none. */
export function scenarioNamed(name: string): Scenario | null {
  return SCENARIOS.find((scenario) => scenario.name === name) ?? null;
}
