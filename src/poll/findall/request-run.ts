import { ACCEPT_ENCODING } from './inflate.ts';
import { theWire, type WireResponse } from './wire.ts';

export interface RunRequest {
  baseUrl: string;
  key: string;
  userAgent: string;
}

/** Needed until late 2025 and harmless since (FindAll API documentation). */
const BETA_HEADER = 'findall-2025-09-15';

/**
 * Asks about a run; resolves at the headers, whatever the status, the body unread and as it came. The key goes to `baseUrl`
 * and nowhere else: redirects are answers, not followed (fetch would carry `x-api-key` across origins).
 */
export async function requestRun(
  { baseUrl, key, userAgent }: RunRequest,
  findallId: string,
  part: 'result' | 'schema' | 'run',
  signal: AbortSignal,
): Promise<WireResponse> {
  const wire = await theWire();
  const path = `/v1beta/findall/runs/${encodeURIComponent(findallId)}`;
  const response: unknown = await wire.raw(part === 'run' ? path : `${path}/${part}`, {
    baseURL: baseUrl,
    headers: {
      accept: 'application/json',
      'accept-encoding': ACCEPT_ENCODING,
      'user-agent': userAgent,
      'x-api-key': key,
      'parallel-beta': BETA_HEADER,
    },
    // ofetch's own retry ignores Retry-After and cannot be aborted; p-retry does this job.
    retry: 0,
    ignoreResponseError: true,
    responseType: 'stream',
    signal,
  });
  return response as WireResponse;
}
