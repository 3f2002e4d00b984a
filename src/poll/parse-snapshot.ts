/**
 * From bytes that came with a 200 to a snapshot, or the reason why they are none. Pure.
 *
 * A 200 is not a snapshot: V0 bodies, HTML, torn JSON, another run's result and a missing `is_active` have all to be
 * told apart from "0 candidates". Unknown fields and enum values pass through untouched; absent ≡ null.
 */
import { z } from 'zod';
import type { Snapshot } from '../model.ts';

export type ParsedSnapshot = { kind: 'snapshot'; snapshot: Snapshot } | { kind: 'invalid'; reason: string };

const count = z.int().min(0).optional().catch(undefined);

// What identifies a run and says whether it goes on must be there; the rest may be odd without costing us the snapshot.
const runSchema = z.looseObject({
  findall_id: z.string(),
  status: z.looseObject({
    status: z.string().min(1),
    is_active: z.boolean(),
    metrics: z
      .looseObject({ generated_candidates_count: count, matched_candidates_count: count })
      .nullish()
      .catch(null)
      .transform((metrics) => metrics ?? {}),
    termination_reason: z.string().nullish().catch(null),
  }),
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
  created_at: z.string().nullish().catch(null),
  modified_at: z.string().nullish().catch(null),
});

const basisSchema = z.looseObject({
  field: z.string().catch(''),
  reasoning: z.string().catch(''),
  confidence: z.string().nullish().catch(null),
  citations: z
    .array(
      z.looseObject({
        url: z.string().catch(''),
        title: z.string().nullish().catch(null),
        excerpts: z.array(z.string()).nullish().catch(null),
      }),
    )
    .nullish()
    .catch(null),
});

// As above: what identifies a candidate and where it stands, and nothing else, must be right.
const candidateSchema = z.looseObject({
  candidate_id: z.string().min(1),
  match_status: z.string().min(1),
  name: z.string().catch(''),
  url: z.string().catch(''),
  description: z.string().nullish().catch(null),
  output: z.record(z.string(), z.unknown()).nullish().catch(null),
  basis: z.array(basisSchema).nullish().catch(null),
});

const snapshotSchema = z.looseObject({ run: runSchema, candidates: z.array(candidateSchema) });

/** Reads the body of a result answer for `findallId`. */
export function parseSnapshot(body: Uint8Array, findallId: string): ParsedSnapshot {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return invalid(describeText(body));
  }
  const known = describeKnownShape(json);
  if (known) return invalid(known);
  const parsed = snapshotSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues
      .slice(0, 3)
      .map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return invalid(`not a result snapshot (${problems.join('; ')})`);
  }
  const snapshot = parsed.data as Snapshot;
  if (snapshot.run.findall_id !== findallId) return invalid('the result of another run');
  return { kind: 'snapshot', snapshot };
}

function invalid(reason: string): ParsedSnapshot {
  return { kind: 'invalid', reason };
}

function describeText(body: Uint8Array): string {
  const start = new TextDecoder().decode(body.subarray(0, 256)).trimStart().toLowerCase();
  if (start === '') return 'an empty body';
  return start.startsWith('<') ? 'an HTML or XML page instead of JSON' : 'JSON that is torn or malformed';
}

/** Shapes that older documents show. Read as a snapshot each would look like an empty or unknown run. */
function describeKnownShape(json: unknown): string | undefined {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return 'JSON that is no object';
  if ('run' in json) return undefined;
  if ('is_active' in json || 'results' in json) {
    return 'an answer of the old V0 API: this program needs /v1beta (check api.baseUrl)';
  }
  if ('findall_id' in json && 'status' in json) {
    return 'an answer in the flat shape of older documents, without "run": this program needs /v1beta';
  }
  return undefined;
}
