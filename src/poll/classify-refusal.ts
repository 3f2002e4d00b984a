import { parseRetryAfter } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { readBody } from '../http-failure.ts';
import { ERROR_BODY_BYTES, readErrorBody } from './error-body.ts';
import { inflate } from './inflate.ts';
import type { SourceAnswer } from './source.ts';
import type { WireResponse } from './wire.ts';

/** What reading a refusal needs. */
export interface Refusing {
  /** Masked in what the answer quotes. */
  key: string;
  clock: Clock;
}

type Refusal = Extract<SourceAnswer, { kind: 'unavailable' | 'unauthorized' | 'gone' }>;

/** The one place where a status becomes a failure class (findall-api: Errors). */
export async function classifyRefusal(response: WireResponse, options: Refusing): Promise<Refusal> {
  const { status } = response;
  const detail = readErrorBody(await readExplanation(response), options.key);
  const refId = detail.refId === undefined ? {} : { refId: detail.refId };
  const reason = detail.message === undefined ? `HTTP ${status}` : `HTTP ${status}: ${detail.message}`;
  if (status >= 300 && status < 400) {
    return {
      kind: 'unavailable',
      status,
      reason: `HTTP ${status}: a redirect, not followed (check api.baseUrl)`,
    };
  }
  const { isApiError } = detail;
  if (status === 401 || status === 402 || status === 403)
    return { kind: 'unauthorized', status, reason, isApiError, ...refId };
  // Anything else that sends them stands before the API: an outage.
  if ((status === 404 || status === 422) && isApiError) return { kind: 'gone', status, reason, ...refId };
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), options.clock.now());
  return {
    kind: 'unavailable',
    status,
    reason,
    ...refId,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The text of an error; empty when it cannot be had: the status has been read already. */
async function readExplanation({ body, headers }: WireResponse): Promise<string> {
  try {
    const sent = await readBody(body, ERROR_BODY_BYTES);
    const text = await inflate(sent, headers.get('content-encoding'), ERROR_BODY_BYTES);
    return Buffer.from(text).toString('utf8');
  } catch {
    return '';
  }
}
