import { createHash } from 'node:crypto';

/** Bytes of a gzip header without optional fields. */
const GZIP_HEADER = 10;

/**
 * Recognises the same body when it comes again: a digest of the bytes on the wire. The header of gzip holds the time of
 * compression (RFC 1952, 2.3.1), by which Python's servers make every answer another one: it is left out. What follows
 * decides what is decompressed, down to its checksum. A body that was only compressed otherwise is another one, and its
 * candidates are known by their texts. Taken chunk by chunk: putting them together first costs as much again.
 */
export function digestOfBody(sent: readonly Uint8Array[], encoding: string | null): string {
  const digest = createHash('sha256');
  const [first, ...rest] = sent;
  if (first !== undefined) {
    const isPlainGzip = encoding === 'gzip' && first[0] === 0x1f && first[1] === 0x8b && first[3] === 0;
    digest.update(isPlainGzip ? first.subarray(GZIP_HEADER) : first);
  }
  for (const chunk of rest) digest.update(chunk);
  return digest.digest('hex');
}
