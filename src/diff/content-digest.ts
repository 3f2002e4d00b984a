import { createHash } from 'node:crypto';
import type { Candidate } from '../model.ts';

/**
 * Digest of what enrichment may change in a candidate: output and basis. Key order and absent-or-null make no
 * difference (findall-api: absent ≡ null everywhere); the order of lists does.
 */
export function contentDigest(candidate: Candidate): string {
  return digest(canonical([candidate.output ?? null, candidate.basis ?? null]));
}

/** 128 bits of SHA-256 in hex: unique for our purposes, short enough to read in a log. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** JSON with sorted keys and without nulls and undefined in objects, so equal meaning gives equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== null && field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}
