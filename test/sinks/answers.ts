import type { Answer } from '../../src/http/post.ts';
import { quoteAnswer } from '../../src/http/quote-answer.ts';

/** An answer as a poster hands it on. */
export function answered(
  status: number,
  text = '',
  {
    retryAfterMs,
    headers = {},
  }: { retryAfterMs?: number | undefined; headers?: Record<string, string> } = {},
): Answer {
  return { status, text, said: quoteAnswer(text, []), retryAfterMs, headers: new Headers(headers) };
}
