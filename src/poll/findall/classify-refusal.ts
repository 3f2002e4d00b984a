import { parseRetryAfter } from '../../backoff.ts';
import { type HttpAnswer, readText } from '../../http/http-answer.ts';
import { failureAt, foreignAt, originOf } from './asked-host.ts';
import { ERROR_BODY_BYTES, readErrorBody } from './error-body.ts';
import type { SourceAnswer } from '../source.ts';
import type { RunApi } from './run-api.ts';

type Refusal = Extract<SourceAnswer, { kind: 'gone' | 'unauthorized' | 'unavailable' }>;

/** Not the API's own words, but usual before it: they say nothing about what stands there. */
const PASSING = new Set([408, 425, 429]);

/** The one place where a status becomes a failure class (findall-api: Errors). */
export async function classifyRefusal(
  response: HttpAnswer,
  { baseUrl, key, clock }: RunApi,
): Promise<Refusal> {
  const origin = originOf(baseUrl);
  const { status } = response;
  // Where it cannot be had, the status is enough.
  const text = await readText(response, ERROR_BODY_BYTES).catch(() => '');
  const { isApiError, message, ...detail } = readErrorBody(text, key);
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
