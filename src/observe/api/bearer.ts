import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether a request's `Authorization` carries the token. How long it takes shows nothing of the token, not even its
 * length: digests are compared, and in constant time.
 */
export function createBearerCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digestOf(token);
  return (authorization) => {
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    return timingSafeEqual(digestOf(given ?? ''), expected) && given !== undefined;
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
