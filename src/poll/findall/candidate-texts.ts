/**
 * Takes the body of a result apart at its candidates without parsing it, so that those whose text is remembered need not
 * be parsed. Pure.
 *
 * It only guesses where a candidate begins: where the first key of the first one stands again. Who takes the texts has to
 * see that each is a whole JSON object, by parsing it or because the same bytes were parsed before, and that the outline
 * is JSON whose `candidates` are the placeholder. Then the body is JSON with these candidates: in place of a whole object
 * stands a whole string. What does not come out so has to be parsed as one.
 *
 * Measured on 1,000 candidates of 4.5 KB: 0.3 ms, and 2 ms for a digest of each; `JSON.parse` of all takes 9 ms, the
 * comparison of what it makes 30 ms.
 */
import { hash } from 'node:crypto';

/** Stands for all candidates in the outline. */
export const PLACEHOLDER = 'candidates';

export interface CandidateTexts {
  /** The body with one string in place of its candidates. */
  outline: string;
  texts: Buffer[];
}

/** Null when the body does not look like candidates one after the other. */
export function splitAtCandidates(body: Buffer): CandidateTexts | null {
  const start = firstCandidate(body);
  if (start === undefined) return null;
  const firstKey = /^\{\s*"[^"\\]{1,100}"/.exec(body.toString('latin1', start, start + 120))?.[0];
  if (firstKey === undefined) return null;
  const texts: Buffer[] = [];
  let from = start;
  for (let at = body.indexOf(firstKey, start + 1); at !== -1; at = body.indexOf(firstKey, at + 1)) {
    const comma = lastBefore(body, at);
    if (body[comma] !== COMMA) continue;
    texts.push(body.subarray(from, lastBefore(body, comma) + 1));
    from = at;
  }
  const end = lastEnd(body, from);
  if (end === undefined) return null;
  texts.push(body.subarray(from, end.text));
  const [head, tail] = [body.toString('utf8', 0, start), body.toString('utf8', end.list)];
  return { outline: `${head}"${PLACEHOLDER}"${tail}`, texts };
}

/** Of a candidate's JSON as it came: 128 bits of SHA-256. */
export function textDigest(text: Buffer): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

const COMMA = 0x2c;
const CLOSING_LIST = 0x5d;
/** Space, tab, line feed, carriage return (RFC 8259, 2). */
const BLANKS: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);

function firstCandidate(body: Buffer): number | undefined {
  const key = body.indexOf('"candidates"');
  if (key === -1) return undefined;
  const start = /^"candidates"\s*:\s*\[\s*(?=\{)/.exec(body.toString('latin1', key, key + 100))?.[0];
  return start === undefined ? undefined : key + start.length;
}

/** Position of the last byte before `at` that is no blank. */
function lastBefore(body: Buffer, at: number): number {
  let before = at - 1;
  while (BLANKS.has(body[before])) before -= 1;
  return before;
}

/** Where the last candidate ends, and the list of them: at the last `}` that a `]` follows. */
function lastEnd(body: Buffer, from: number): { text: number; list: number } | undefined {
  for (let at = body.lastIndexOf('}'); at > from; at = body.lastIndexOf('}', at - 1)) {
    let list = at + 1;
    while (BLANKS.has(body[list])) list += 1;
    if (body[list] === CLOSING_LIST) return { text: at + 1, list };
  }
  return undefined;
}
