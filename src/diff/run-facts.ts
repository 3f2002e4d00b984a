/**
 * What we read of a run object for our own ends. The object itself stays as the API sent it, so each of these may have
 * any shape; what has not the documented one counts as not said.
 */
import type { FindallRun } from '../model.ts';
import { isRecord } from './read-basis.ts';

/** How thoroughly the run searches: `base`, `core`, `pro` or `preview`. */
function generatorOf(run: FindallRun): string | null {
  return typeof run['generator'] === 'string' ? run['generator'] : null;
}

/** A preview evaluates a few candidates; its match limit counts these, not matches. */
export function isPreview(run: FindallRun): boolean {
  return generatorOf(run) === 'preview';
}

/** Why the run ended. */
export function reasonOf(run: FindallRun): string | null {
  const reason = run.status.termination_reason;
  return typeof reason === 'string' ? reason : null;
}

/** The API's own counters. */
export function countsOf(run: FindallRun): { generated: number | undefined; matched: number | undefined } {
  const metrics = isRecord(run.status.metrics) ? run.status.metrics : {};
  return {
    generated: asCount(metrics.generated_candidates_count),
    matched: asCount(metrics.matched_candidates_count),
  };
}

/** RFC 3339 times as text; empty when not said. */
export function timesOf(run: FindallRun): { created: string; modified: string } {
  const { created_at: created, modified_at: modified } = run;
  return {
    created: typeof created === 'string' ? created : '',
    modified: typeof modified === 'string' ? modified : '',
  };
}

/** What the run's creator attached to it. */
export function metadataOf(run: FindallRun): Record<string, unknown> | null {
  return isRecord(run.metadata) ? run.metadata : null;
}

function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
