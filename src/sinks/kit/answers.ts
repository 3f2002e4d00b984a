/** What an answer means: by its status, and where a service says more than that, by a table of its own words. */
import type { Answer } from '../../http/post.ts';
import type { DeliveryOutcome } from '../../deliver/sink.ts';
import { cleanText } from '../../text/clean-text.ts';

/** Statuses with which a receiver says that this message will never do. */
const REJECTING = new Set([400, 413, 415, 422]);

/**
 * What a status means: 2xx delivered; 400, 413, 415, 422 reject this message; 410 stops the sink; everything else,
 * 401 and 404 of a receiver being redeployed and unfollowed redirects among it, passes. 429 (RFC 6585 §4) is about the sender
 * and not about the message: the time it gives is a pause.
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
  if (status === 410)
    return { kind: 'stopped', reason: 'HTTP 410: the receiver asked for no more deliveries' };
  const reason =
    status >= 300 && status < 400 ? `HTTP ${status}: a redirect, not followed` : `HTTP ${status}`;
  if (retryAfterMs === undefined) return { kind: 'retry', reason };
  return { kind: 'retry', reason, retryAfterMs, ...(status === 429 ? { pauseMs: retryAfterMs } : {}) };
}

/** A service's words and codes for refusals, with what they mean. What is in no table is judged by the status. */
export interface AnswerTable {
  /** The service will never take this message. */
  rejected?: Readonly<Record<string, string>>;
  /** No message gets through before somebody has changed something: nothing pending may die of it. */
  stopped?: Readonly<Record<string, string>>;
  /** The status decides; these words are added to the reason. */
  explained?: Readonly<Record<string, string>>;
}

/** The outcome of an answer in which the service said `word`; null: it said none that is known to be its own. */
export function outcomeBy(
  { rejected = {}, stopped = {}, explained = {} }: AnswerTable,
  word: string | null,
  answer: Answer,
): DeliveryOutcome {
  const meaningIn = (table: Readonly<Record<string, string>>) =>
    word !== null && Object.hasOwn(table, word) ? table[word] : undefined;
  const stop = meaningIn(stopped);
  if (stop !== undefined) return { kind: 'stopped', reason: `${stop} (${word})` };
  const rejection = meaningIn(rejected);
  if (rejection !== undefined) return { kind: 'rejected', reason: `${rejection} (${word})` };
  const outcome = outcomeOf(answer);
  const meaning = meaningIn(explained);
  if (meaning === undefined || outcome.kind === 'delivered') return outcome;
  return { ...outcome, reason: `${outcome.reason}: ${meaning} (${word})` };
}
