/** Failures name the host that was asked: otherwise nobody sees that the address is wrong. */

/** Scheme, host and port: what else an address holds may be a secret. */
export function originOf(baseUrl: string): string {
  return new URL(baseUrl).origin;
}

/** A failure in the words of the network, of HTTP or of this program. What the API says in its own words needs no address. */
export function failureAt(origin: string, reason: string): string {
  return `${origin}: ${reason}`;
}

/** An answer that the API never gives: most likely the address is that of something else. */
export function foreignAt(origin: string, detail: string): string {
  return `${origin} does not answer like the FindAll API; check PARALLEL_BASE_URL (${detail})`;
}
