/**
 * From bytes that came with a 200 to a snapshot, or the reason why they are none. Pure.
 *
 * A 200 is not a snapshot: V0 bodies, HTML, torn JSON, another run's result and a missing `is_active` have all to be
 * told apart from "0 candidates". Checked is only what identifies and what says where something stands; a snapshot is
 * the very JSON that came, so that nothing in it is lost to store, comparison and sinks, whatever its shape.
 */
import { z } from 'zod';
import type { Snapshot } from '../model.ts';
import { isDeeperThan } from './is-deeper-than.ts';

export type ParsedSnapshot = { kind: 'snapshot'; snapshot: Snapshot } | { kind: 'invalid'; reason: string };

/** Everybody who walks a snapshot can follow this far; some give up at about 1,000. Documents show no more than 7. */
const MOST_LEVELS = 200;

const MOST_PROBLEMS = 3;

const headSchema = z.object({
  run: z.object({
    findall_id: z.string(),
    status: z.object({ status: z.string().min(1), is_active: z.boolean() }),
  }),
  candidates: z.array(z.unknown()),
});

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
  const problems = problemsOf(json);
  if (problems.length > 0) return invalid(`not a result snapshot (${problems.join('; ')})`);
  const snapshot = json as Snapshot;
  if (snapshot.run.findall_id !== findallId) return invalid('the result of another run');
  if (isDeeperThan(MOST_LEVELS, snapshot)) {
    return invalid(`JSON that is nested deeper than ${MOST_LEVELS} levels`);
  }
  return { kind: 'snapshot', snapshot };
}

/** What is wrong with it, the first few; none for a snapshot. */
function problemsOf(json: unknown): string[] {
  const head = headSchema.safeParse(json);
  if (!head.success) {
    return head.error.issues
      .slice(0, MOST_PROBLEMS)
      .map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  }
  const problems: string[] = [];
  for (const [index, candidate] of head.data.candidates.entries()) {
    if (problems.length >= MOST_PROBLEMS) break;
    const problem = candidateProblem(candidate);
    if (problem !== undefined) problems.push(`candidates.${index}${problem}`);
  }
  return problems;
}

/** By hand: there may be thousands, and with a schema reading 4.75 MB of them took 18 ms instead of 13. */
function candidateProblem(candidate: unknown): string | undefined {
  if (typeof candidate !== 'object' || candidate === null || Array.isArray(candidate)) return ': no object';
  if (!('candidate_id' in candidate) || !isName(candidate.candidate_id)) return '.candidate_id: no text';
  if (!('match_status' in candidate) || !isName(candidate.match_status)) return '.match_status: no text';
  return undefined;
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
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
