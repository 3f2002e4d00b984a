import { parseRetryAfter } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import { readBody } from '../../http/http-failure.ts';
import { failureAt, foreignAt, originOf } from './asked-host.ts';
import { ERROR_BODY_BYTES, readErrorBody } from './error-body.ts';
import { inflate } from './inflate.ts';
import type { SourceAnswer } from '../source.ts';
import type { WireResponse } from './wire.ts';

/** What reading a refusal needs. */
export interface Refusing {
  /** Its host is named. */
  baseUrl: string;
  /** Masked in what the answer quotes. */
  key: string;
  clock: Pick<Clock, 'now'>;
}

type Refusal = Extract<SourceAnswer, { kind: 'gone' | 'unauthorized' | 'unavailable' }>;

/** Not the API's own words, but usual before it: they say nothing about what stands there. */
const PASSING = new Set([408, 425, 429]);

/** The one place where a status becomes a failure class (findall-api: Errors). */
export async function classifyRefusal(
  response: WireResponse,
  { baseUrl, key, clock }: Refusing,
): Promise<Refusal> {
  const origin = originOf(baseUrl);
  const { status } = response;
  const { isApiError, message, ...detail } = readErrorBody(await readExplanation(response), key);
  const refId = detail.refId === undefined ? {} : { refId: detail.refId };
  const said = message === undefined ? `HTTP ${status}` : `HTTP ${status}: ${message}`;
  const reason = isApiError ? said : failureAt(origin, said);
  if (status >= 300 && status < 400) {
    const redirected = `HTTP ${status}: a redirect, not followed (check PARALLEL_BASE_URL)`;
    return { kind: 'unavailable', status, reason: failureAt(origin, redirected) };
  }
  if (status === 401 || status === 402 || status === 403)
    return { kind: 'unauthorized', status, reason, isApiError, ...refId };
  // Anything else that sends them stands before the API: an outage, or a wrong address.
  if ((status === 404 || status === 422) && isApiError) return { kind: 'gone', status, reason, ...refId };
  const isForeign = !isApiError && status < 500 && !PASSING.has(status);
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.now());
  return {
    ...{ kind: 'unavailable', status, reason: isForeign ? foreignAt(origin, said) : reason, ...refId },
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
