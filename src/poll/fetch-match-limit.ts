import { readBody } from '../http-failure.ts';
import { inflate } from './inflate.ts';
import { requestRun, type RunRequest } from './request-run.ts';

const TIMEOUT_MS = 10_000;
/** A schema is a page of text. */
const MAX_BYTES = 1_000_000;

/**
 * How many matches a run was asked for. No result says so; its schema does (`GET …/runs/{id}/schema`, FindAll API
 * reference), and `extend` raises it. Null when that is not to be had, for whatever reason: only a progress bar depends
 * on it.
 */
export async function fetchMatchLimit(
  request: RunRequest,
  findallId: string,
  signal: AbortSignal,
): Promise<number | null> {
  try {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await requestRun(request, findallId, 'schema', inTime);
    const encoding = response.headers.get('content-encoding');
    const body = await inflate(await readBody(response.body, MAX_BYTES), encoding, MAX_BYTES);
    if (!response.ok) return null;
    const schema: unknown = JSON.parse(Buffer.from(body).toString());
    if (typeof schema !== 'object' || schema === null || !('match_limit' in schema)) return null;
    const limit = schema.match_limit;
    return typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0 ? limit : null;
  } catch {
    return null;
  }
}
