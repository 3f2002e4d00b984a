/** A source of chance in [0, 1); tests hand in a seeded one. */
export type Random = () => number;

/** The longest `Retry-After` that is believed: a receiver may ask for rest, not for silence. */
export const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/** `ms` spread evenly over ±`share` (0.1 = ±10 %), never below 0, whole milliseconds. */
export function jitter(ms: number, share: number, random: Random): number {
  return Math.max(0, Math.round(ms * (1 - share + 2 * share * random())));
}

/** Delay after the `failures`-th failure in a row (1, 2, …): `firstMs` doubling, at most `maxMs`. No jitter. */
export function backoffMs(failures: number, firstMs: number, maxMs: number): number {
  // 2^40 ms is past any cap; the bound keeps the product finite.
  return Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 40));
}

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3: seconds or an HTTP date), clamped to 0 … 10 min, whole
 * milliseconds. Undefined when absent or unreadable.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const text = header.trim();
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  if (Number.isNaN(ms)) return undefined;
  return Math.min(Math.max(Math.ceil(ms), 0), LONGEST_RETRY_AFTER_MS);
}

/**
 * A wait that a service gives in seconds in a place of its own, clamped like `Retry-After`, whole milliseconds. Undefined
 * when it is no number from 0 up.
 */
export function parseSeconds(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !(seconds >= 0)) return undefined;
  return Math.min(Math.ceil(seconds * 1000), LONGEST_RETRY_AFTER_MS);
}
