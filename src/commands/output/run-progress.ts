import type { TrackedRun } from '../../model.ts';
import { countsOf, isPreview } from '../../diff/run-facts.ts';

/** How far a run has come towards its match limit; of a preview that counts evaluated candidates, not matches. */
export interface RunProgress {
  done: number;
  /** Null where the match limit is not known. */
  goal: number | null;
  isPreview: boolean;
  matched: number;
  generated: number;
}

/** Null for a run that was never seen. */
export function progressOf({ run, schema, evaluated }: TrackedRun): RunProgress | null {
  if (run === null) return null;
  const { matched = 0, generated = 0 } = countsOf(run);
  const goal = schema?.matchLimit ?? null;
  if (!isPreview(run)) return { done: matched, goal, isPreview: false, matched, generated };
  return { done: evaluated ?? 0, goal, isPreview: true, matched, generated };
}

/** "7 of 10 evaluated" */
export function evaluatedText({ done, goal }: RunProgress): string {
  return goal === null ? `${done} evaluated` : `${done} of ${goal} evaluated`;
}
