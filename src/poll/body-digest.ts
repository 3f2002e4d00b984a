import { hash } from 'node:crypto';

/**
 * What tells the same body when it comes again: a digest of the bytes on the wire, and one of what they unfold to, for a
 * server that compresses the same thing differently each time. Means something to the source only.
 */
export function bodyDigestOf(wire: string, unfolded: string): string {
  return wire === unfolded ? wire : `${wire} ${unfolded}`;
}

/** The parts of a `bodyDigest`. */
export function partsOf(bodyDigest: string | null): { wire: string | null; unfolded: string | null } {
  const [wire = null, unfolded = wire] = bodyDigest?.split(' ') ?? [];
  return { wire, unfolded };
}

/** Of any bytes. */
export function digestOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Bytes of a gzip header without optional fields. */
const GZIP_HEADER = 10;

/**
 * Of a body as it came. The header of gzip holds the time of compression (RFC 1952, 2.3.1), by which Python's servers
 * make every answer another one: it is left out. What follows decides what is unfolded, down to its checksum.
 */
export function wireDigestOf(body: Uint8Array, encoding: string | null): string {
  const isPlainGzip = encoding === 'gzip' && body[0] === 0x1f && body[1] === 0x8b && body[3] === 0;
  return digestOf(isPlainGzip ? body.subarray(GZIP_HEADER) : body);
}
