import type { Rate } from '../../record/outbox.ts';
import { formatDuration, parseDuration } from './duration.ts';

/** A written rate: a number of messages and the span they are counted in, or none. Shared with the JSON Schema. */
export const RATE_PATTERN = /^(?:none|[1-9]\d{0,3}\/\d{0,9}(?:ms|s|m|h|d))$/;

const MOST = 1000;
const SHORTEST_MS = 100;
const LONGEST_MS = 86_400_000;

/** What `20/m`, `1/s` and `5/2s` say; null for `none`; undefined for anything else. */
export function parseRate(written: string): Rate | null | undefined {
  if (!RATE_PATTERN.test(written)) return undefined;
  const [count, span] = written.split('/');
  if (span === undefined) return null;
  const rate = { count: Number(count), windowMs: parseDuration(/^\d/.test(span) ? span : `1${span}`) ?? 0 };
  const isBounded = rate.count <= MOST && rate.windowMs >= SHORTEST_MS && rate.windowMs <= LONGEST_MS;
  return isBounded ? rate : undefined;
}

/** The shortest written form; `parseRate` gives the same rate back. */
export function formatRate(rate: Rate | null): string {
  return rate === null ? 'none' : `${rate.count}/${formatDuration(rate.windowMs).replace(/^1(?=\D)/, '')}`;
}
