import { createHash } from 'node:crypto';
import { toDatabaseText } from './database-text.ts';

/**
 * In bytes as written. PostgreSQL refuses an index entry over 2,704 bytes (a third of a page, measured), and the id of the run
 * is in it as well.
 */
const LONGEST_KEY = 1024;
const DIGEST = 'sha256:';
/** An escape takes five bytes, a UTF-16 unit without one at most three. */
const MOST_BYTES_A_UNIT = 5;

/**
 * The id of a candidate as the databases keep it: itself, or the digest of its JSON when it is too long for an index.
 * Different ids have different keys: an id that looks like a digest is replaced as well.
 */
export function candidateKey(candidateId: string): string {
  const isShort =
    candidateId.length * MOST_BYTES_A_UNIT <= LONGEST_KEY ||
    Buffer.byteLength(toDatabaseText(candidateId)) <= LONGEST_KEY;
  if (isShort && !isDigest(candidateId)) return candidateId;
  return `${DIGEST}${createHash('sha256').update(JSON.stringify(candidateId)).digest('hex')}`;
}

/** Whether `key` does not say the id: the candidate itself does then. */
export function isDigest(key: string): boolean {
  return key.startsWith(DIGEST);
}

/** How the keys that are digests begin, for `like`. */
export const DIGESTS = `${DIGEST}%`;
