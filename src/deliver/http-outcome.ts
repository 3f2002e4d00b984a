import type { DeliveryOutcome } from './sink.ts';

/** Statuses with which a receiver says that this message will never do. */
const REJECTING = new Set([400, 413, 415, 422]);

/**
 * What a status means: 2xx delivered; 400, 413, 415, 422 reject this message; 410 stops the sink; everything else,
 * 401 and 404 of a receiver being redeployed and unfollowed redirects among it, passes.
 */
export function outcomeOf(status: number, retryAfterMs?: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (REJECTING.has(status)) return { kind: 'rejected', reason: `HTTP ${status}` };
  if (status === 410) return { kind: 'stopped', reason: 'HTTP 410: the receiver wants nothing more' };
  const reason =
    status >= 300 && status < 400 ? `HTTP ${status}: a redirect, not followed` : `HTTP ${status}`;
  return { kind: 'retry', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
