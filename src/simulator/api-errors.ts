import { jsonAnswer, type Answer } from './answer.ts';
import type { ErrorBodyForm } from './faults/fault.ts';

// The name of the status 402. cspell:ignore payment
const MESSAGES: Readonly<Record<number, string>> = {
  401: 'Unauthorized: invalid or missing credentials',
  402: 'Payment required: insufficient credit in account',
  403: 'Forbidden: this key may not read the run',
  404: 'FindAll run not found',
  408: 'Request timeout',
  409: 'Conflict',
  422: 'Validation error',
  429: 'Too many requests: quota temporarily exceeded',
  500: 'Internal server error',
  502: 'Bad gateway',
  503: 'Service unavailable',
  504: 'Gateway timeout',
};

/** An error of the API, in one of the shapes it is known to come in. `refId` is the support reference. */
export function errorAnswer(
  status: number,
  refId: string,
  options: { body?: ErrorBodyForm; retryAfter?: string; message?: string } = {},
): Answer {
  const message = options.message ?? MESSAGES[status] ?? 'Unexpected answer';
  const retry: Record<string, string> =
    options.retryAfter === undefined ? {} : { 'retry-after': options.retryAfter };
  if (options.body === 'html') return htmlAnswer(status, message, retry);
  if (options.body === 'empty') return { status, headers: retry, body: Buffer.alloc(0) };
  const value =
    options.body === 'detail'
      ? { detail: [{ loc: ['path', 'findall_id'], msg: message, type: 'value_error' }] }
      : { type: 'error', error: { ref_id: refId, message } };
  const answer = jsonAnswer(value, status);
  return { ...answer, headers: { ...answer.headers, ...retry } };
}

/** A page such as a proxy or a maintenance front puts in the API's place. */
export function htmlAnswer(status: number, message: string, headers: Record<string, string> = {}): Answer {
  const page = `<!doctype html>\n<html><head><title>${message}</title></head><body><h1>${message}</h1></body></html>\n`;
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
    body: Buffer.from(page),
  };
}
