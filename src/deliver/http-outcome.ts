import { cleanText } from '../present/clean-text.ts';
import type { DeliveryOutcome } from './sink.ts';

/** Statuses with which a receiver says that this message will never do. */
const REJECTING = new Set([400, 413, 415, 422]);

/**
 * What a status means: 2xx delivered; 400, 413, 415, 422 reject this message; 410 stops the sink; everything else,
 * 401 and 404 of a receiver being redeployed and unfollowed redirects among it, passes. 429 (RFC 6585 §4) is about whoever
 * sends and not about the message: the time it gives is a pause.
 */
export function outcomeOf({
  status,
  said = '',
  retryAfterMs,
}: {
  status: number;
  said?: string;
  retryAfterMs?: number | undefined;
}): DeliveryOutcome {
  if (status >= 200 && status < 300) {
    return { kind: 'delivered', answer: cleanText(`HTTP ${status}${said === '' ? '' : `: ${said}`}`, 200) };
  }
  if (REJECTING.has(status)) return { kind: 'rejected', reason: `HTTP ${status}` };
  if (status === 410) return { kind: 'stopped', reason: 'HTTP 410: the receiver wants nothing more' };
  const reason =
    status >= 300 && status < 400 ? `HTTP ${status}: a redirect, not followed` : `HTTP ${status}`;
  if (retryAfterMs === undefined) return { kind: 'retry', reason };
  return { kind: 'retry', reason, retryAfterMs, ...(status === 429 ? { pauseMs: retryAfterMs } : {}) };
}
