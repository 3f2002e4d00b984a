import { createHash } from 'node:crypto';
import type { Candidate } from '../model.ts';
import { decimalOf, ExactNumber } from '../text/exact-number.ts';

/**
 * Digest of everything a candidate says: distinguishes a change from a repetition in other words. Key order and absent-or-null make
 * no difference (findall-api: absent ≡ null everywhere); the order of lists does.
 */
export function contentDigest(candidate: Candidate): string {
  return digest(canonical(candidate));
}

/** 128 bits of SHA-256 in hex: unique for our purposes, short enough to read in a log. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * JSON with sorted keys and without nulls and undefined in objects, so equal meaning gives equal text. With `lists: 'unordered'`
 * the order of lists makes no difference either. A number that a double holds is written as JavaScript writes it: event ids and
 * remembered digests depend on it. Another number is written as its decimal digits, so that each has a text of its own.
 */
export function canonical(value: unknown, lists: 'ordered' | 'unordered' = 'ordered'): string {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item ?? null, lists));
    return `[${(lists === 'unordered' ? items.toSorted() : items).join(',')}]`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (value instanceof ExactNumber) return decimalOf(value.digits);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== null && field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field, lists)}`).join(',')}}`;
}
