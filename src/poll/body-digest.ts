import { hash } from 'node:crypto';

/** Bytes of a gzip header without optional fields. */
const GZIP_HEADER = 10;

/**
 * What tells the same body when it comes again: a digest of the bytes on the wire. The header of gzip holds the time of
 * compression (RFC 1952, 2.3.1), by which Python's servers make every answer another one: it is left out. What follows
 * decides what is unfolded, down to its checksum. A body that was only compressed otherwise is another one, and its
 * candidates are known by their texts.
 */
export function digestOfBody(sent: Uint8Array, encoding: string | null): string {
  const isPlainGzip = encoding === 'gzip' && sent[0] === 0x1f && sent[1] === 0x8b && sent[3] === 0;
  return hash('sha256', isPlainGzip ? sent.subarray(GZIP_HEADER) : sent, 'hex');
}
