/** What a result holds in the shapes that the API's documents show; a real one may come in others. */
import type { Candidate, FindallRun } from '../model.ts';

export interface DocumentedRun extends FindallRun {
  status: {
    status: string;
    is_active: boolean;
    metrics: { generated_candidates_count: number; matched_candidates_count: number };
    termination_reason?: string | null;
  };
  created_at: string;
  modified_at: string;
}

export interface DocumentedCandidate extends Candidate {
  name: string;
  url: string;
  description?: string | null;
  /** Plain values or `{value, type, is_matched?}`. */
  output?: Record<string, unknown> | null;
  basis?: FieldBasis[] | null;
}

/** Why one field of a candidate's output holds. */
export interface FieldBasis {
  field: string;
  reasoning: string;
  confidence?: string | null;
  citations?: Citation[] | null;
  [key: string]: unknown;
}

/** A source that supports one field of a candidate's output. */
interface Citation {
  url: string;
  title?: string | null;
  excerpts?: string[] | null;
  [key: string]: unknown;
}
