import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome } from '../../src/deliver/sink.ts';
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

/** What a service says in the body of a refusal, with what comes of it and the reason that people read. */
export type Refusal = readonly [status: number, body: string, kind: DeliveryOutcome['kind'], reason: string];

/** The refusals of a service are distinguished by their bodies. */
export function describeRefusals(
  service: string,
  outcomeOf: (answer: Answer) => DeliveryOutcome,
  refusals: readonly Refusal[],
): void {
  describe(`what ${service} answers`, () => {
    it.each(refusals)('%i %s is %s', (status, body, kind, reason) => {
      expect(outcomeOf(answered(status, body))).toEqual({ kind, reason });
    });
  });
}
