/**
 * From bytes that came with a 200 to a snapshot, or the reason why they are none. Pure.
 *
 * A 200 is not a snapshot: V0 bodies, HTML, torn JSON, another run's result and a missing `is_active` have all to be
 * distinguished from "0 candidates". Checked is only what identifies and what says where something stands. A snapshot has
 * what the JSON says, for comparison and filters, and the JSON itself as it came, for store and sinks: nothing in it is lost,
 * of any shape. A row that is no candidate is left out and named: it hides neither the sound rows nor the ending.
 */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { Candidate, FindallRun, Snapshot } from '../../model.ts';
import { parseJson } from '../../text/exact-number.ts';
import { itemsOf, membersOf } from '../../text/json-source.ts';
import { PLACEHOLDER, splitAtCandidates, textDigest } from './candidate-texts.ts';
import { isDeeperThan } from './is-deeper-than.ts';
import { withShortValues, withShortStatus } from './short-values.ts';

export type ParsedSnapshot =
  | { kind: 'snapshot'; snapshot: Snapshot }
  /** `isForeign`: the FindAll API of no version sends such a body, so something else was asked. */
  | { kind: 'invalid'; reason: string; isForeign: boolean };

/** Everybody who walks a snapshot can follow this far; some give up at about 1,000. Documents show no more than 7. */
const MOST_LEVELS = 200;
const TOO_DEEP = `nested deeper than ${MOST_LEVELS} levels`;

const MOST_PROBLEMS = 3;

/** Rows that are no candidates, of one answer, that are named. */
const MOST_UNREADABLE = 1000;

/** Of the run object, as JSON: it is read with each poll. Documents show less than 2 KB. */
const LARGEST_RUN = 1024 * 1024;

const headSchema = z.object({
  run: z.object({
    findall_id: z.string(),
    status: z.object({ status: z.string().min(1), is_active: z.boolean() }),
  }),
  candidates: z.array(z.unknown()),
});

/** Candidates by the digest of their text as it came, of those that are remembered. */
export type RememberedTexts = ReadonlyMap<string, string>;

/**
 * Reads the body of a result answer for `findallId`. Candidates whose very text is remembered are left out of the snapshot,
 * unread: there is nothing new about them.
 */
export function parseSnapshot(
  body: Uint8Array,
  findallId: string,
  remembered: RememberedTexts = new Map(),
): ParsedSnapshot {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = parseByTexts(bytes, remembered) ?? parseWhole(bytes);
  if (text === undefined) return describeText(body);
  const known = describeKnownShape(text.json);
  if (known) return known;
  const head = headSchema.safeParse(text.json);
  if (!head.success) return invalid(`not a result snapshot (${problemsOf(head.error)})`);
  const whole = text.json as { candidates: unknown[]; run: FindallRun };
  const { candidates: rows, ...rest } = whole;
  if (rest.run.findall_id !== findallId) return invalid('the result of another run');
  if (isDeeperThan(MOST_LEVELS, rest)) return invalid(`JSON that is ${TOO_DEEP}`);
  const run = withShortValues(rest.run);
  if (JSON.stringify(run).length > LARGEST_RUN) return invalid('"run" is larger than 1 MiB');
  const { candidates, candidateTexts, unreadable } = readRows(rows, text.rowTexts);
  // Without a sound row it is no list of candidates.
  if (unreadable.length > 0 && candidates.length === 0 && text.textDigests.size === 0) {
    return invalid(`not a result snapshot (${unreadable.slice(0, MOST_PROBLEMS).join('; ')})`);
  }
  const { textDigests, runText } = text;
  const isAsItCame = run === rest.run && runText !== undefined;
  const texts = { candidates: candidateTexts, ...(isAsItCame ? { run: runText } : {}) };
  const snapshot: Snapshot = { ...whole, run, candidates, textDigests, texts };
  if (unreadable.length > 0) snapshot.unreadable = unreadable;
  return { kind: 'snapshot', snapshot };
}

interface Rows {
  candidates: Candidate[];
  candidateTexts: Map<string, string>;
  /** What is wrong with the rows that are none. */
  unreadable: string[];
}

function readRows(rows: readonly unknown[], texts: readonly string[]): Rows {
  const candidates: Candidate[] = [];
  const candidateTexts = new Map<string, string>();
  const unreadable: string[] = [];
  for (const [index, row] of rows.entries()) {
    const problem =
      candidateProblem(row) ?? (isDeeperThan(MOST_LEVELS, row as object) ? `: ${TOO_DEEP}` : undefined);
    if (problem === undefined) {
      const candidate = withShortStatus(row as Candidate);
      candidates.push(candidate);
      // Of an id that is repeated the last text counts, as its last row does.
      candidateTexts.delete(candidate.candidate_id);
      const text = texts[index];
      if (candidate === row && text !== undefined) candidateTexts.set(candidate.candidate_id, text);
    } else if (unreadable.length < MOST_UNREADABLE) unreadable.push(`candidates.${index}${problem}`);
  }
  return { candidates, candidateTexts, unreadable };
}

interface ParsedText {
  json: unknown;
  /** Of the candidates in `json`, in their order. */
  rowTexts: readonly string[];
  runText: string | undefined;
  textDigests: ReadonlyMap<string, string>;
}

function parseWhole(body: Buffer): ParsedText | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const json = parseJson(text);
    const members = text.trimStart().startsWith('{') ? membersOf(text) : new Map<string, string>();
    const list = members.get('candidates');
    return {
      json,
      rowTexts: list?.startsWith('[') ? itemsOf(list) : [],
      runText: members.get('run'),
      textDigests: new Map(),
    };
  } catch {
    return undefined;
  }
}

/** Undefined when the body cannot be taken apart, or not with the same outcome as reading it as a whole. */
function parseByTexts(body: Buffer, remembered: RememberedTexts): ParsedText | undefined {
  const split = isUtf8(body) ? splitAtCandidates(body) : null;
  if (split === null) return undefined;
  try {
    const json = parseJson(split.outline);
    if (!isOutline(json)) return undefined;
    const same = new Set<string>();
    const candidates: unknown[] = [];
    const rowTexts: string[] = [];
    const textDigests = new Map<string, string>();
    for (const text of split.texts) {
      const digest = textDigest(text);
      const id = remembered.get(digest);
      if (id !== undefined) {
        same.add(id);
        textDigests.set(id, digest);
        continue;
      }
      const rowText = text.toString('utf8');
      const candidate = parseJson(rowText);
      candidates.push(candidate);
      rowTexts.push(rowText);
      if (isCandidate(candidate)) textDigests.set(candidate.candidate_id, digest);
    }
    // Twice in one body, and once as it is remembered: which is the last word shows only when all are read.
    if (candidates.some((candidate) => isCandidate(candidate) && same.has(candidate.candidate_id)))
      return undefined;
    const runText = membersOf(split.outline).get('run');
    return { json: { ...json, candidates }, rowTexts, runText, textDigests };
  } catch {
    return undefined;
  }
}

function isOutline(json: unknown): json is { candidates: [string] } {
  if (typeof json !== 'object' || json === null || !('candidates' in json)) return false;
  const { candidates } = json;
  return Array.isArray(candidates) && candidates.length === 1 && candidates[0] === PLACEHOLDER;
}

/** What is wrong, the first few. */
function problemsOf({ issues }: z.ZodError): string {
  return issues
    .slice(0, MOST_PROBLEMS)
    .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    .join('; ');
}

function isCandidate(row: unknown): row is Candidate {
  return candidateProblem(row) === undefined;
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
  return { kind: 'invalid', reason, isForeign: false };
}

function foreign(reason: string): ParsedSnapshot {
  return { kind: 'invalid', reason, isForeign: true };
}

/** At the beginning of a result, also of one that is torn soon. */
const OURS = /"(?:run|candidates|findall_id|last_event_id)"|^\{\s*(?:"r?u?n?)?$/;

function describeText(body: Uint8Array): ParsedSnapshot {
  const start = new TextDecoder().decode(body.subarray(0, 256)).trimStart();
  if (start === '') return invalid('an empty body');
  if (start.startsWith('<')) return foreign('an HTML or XML page instead of JSON');
  if (OURS.test(start)) return invalid('JSON that is torn or malformed');
  return foreign(start.startsWith('{') ? 'JSON of another shape, torn or malformed' : 'text instead of JSON');
}

/**
 * Shapes that older documents show: read as a snapshot each would look like an empty or unknown run. And shapes that no document
 * shows. Undefined for what may be a result.
 */
function describeKnownShape(json: unknown): ParsedSnapshot | undefined {
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    return foreign('JSON that is no object');
  if ('run' in json) return undefined;
  if ('is_active' in json || 'results' in json) {
    return invalid('an answer of the old V0 API: this program needs /v1beta (check PARALLEL_BASE_URL)');
  }
  if ('findall_id' in json && 'status' in json) {
    return invalid(
      'an answer in the flat shape of older documents, without "run": this program needs /v1beta',
    );
  }
  const isKnown = ['candidates', 'error', 'detail'].some((key) => key in json);
  return isKnown ? undefined : foreign('JSON of another shape');
}
