import { maskSecrets } from '../../text/mask-secrets.ts';

/** Bytes of an error body that are looked at. */
export const ERROR_BODY_BYTES = 16 * 1024;

const REASON_LENGTH = 200;

/** What an error body says for people, on one line, and the API's reference id when there is one. */
export interface ErrorDetail {
  /** In one of the API's own error shapes: `{error:{…}}` or `{detail:[{loc,msg}]}`. A gateway or a framework has others. */
  isApiError: boolean;
  message?: string;
  refId?: string;
}

/**
 * Reads the error shapes the API and the proxies before it are known to send: `{error:{ref_id,message}}`,
 * `{detail:[{msg}]}`, `{detail:"…"}` and anything else. Never fails; text is cut and freed of control characters, and
 * of `secret` before that: some services quote the key they refuse.
 */
export function readErrorBody(text: string, secret: string): ErrorDetail {
  const body = parseObject(text);
  if (!body) {
    const quoted = forPeople(text, secret);
    return { isApiError: false, ...(quoted === '' ? {} : { message: quoted }) };
  }
  const error = isObject(body.error) ? body.error : {};
  const firstDetail = Array.isArray(body.detail) ? body.detail.find(isObject) : undefined;
  const detail = firstDetail === undefined ? body.detail : firstDetail.msg;
  const message = [error.message, detail, body.message].find((part) => typeof part === 'string');
  const isApiError = typeof error.message === 'string' || typeof firstDetail?.msg === 'string';
  return {
    isApiError,
    ...(typeof message === 'string' ? { message: forPeople(message, secret) } : {}),
    ...(typeof error.ref_id === 'string' ? { refId: forPeople(error.ref_id, secret) } : {}),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function forPeople(text: string, secret: string): string {
  const secrets = [secret];
  const line = maskSecrets(text, secrets)
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ');
  return maskSecrets(line, secrets).trim().slice(0, REASON_LENGTH);
}
