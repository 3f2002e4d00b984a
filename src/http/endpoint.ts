/** Where a sink posts to, or through. The address may hold secrets and is never shown; the origin is. */
export interface Endpoint {
  address: string;
  origin: string;
  /** Credentials of the URL as basic authentication: fetch refuses them in an address. */
  authorization: string | undefined;
  /** Every part of the URL that somebody may take for a key, in each form that travels. */
  secrets: readonly string[];
}

/** Splits a configured URL into what is asked and what may be said. */
export function endpointOf(url: string): Endpoint {
  const parsed = new URL(url);
  const { username, password, origin, pathname, searchParams } = parsed;
  const secrets = [...pathname.split('/'), ...searchParams.values(), parsed.search.slice(1)].flatMap(
    (part) => [part, decodeCredential(part)],
  );
  if (username === '' && password === '') return { address: url, origin, authorization: undefined, secrets };
  parsed.username = '';
  parsed.password = '';
  const pair = [username, password].map(decodeCredential);
  const encoded = Buffer.from(pair.join(':')).toString('base64');
  return {
    address: parsed.href,
    origin,
    authorization: `Basic ${encoded}`,
    secrets: [...secrets, ...pair, username, password, encoded],
  };
}

/** A URL may hold a per cent sign that encodes nothing; it stands for itself. */
function decodeCredential(part: string): string {
  return part.replaceAll(/(?:%[\da-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}
