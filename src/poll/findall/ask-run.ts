import type { Clock } from '../../clock.ts';
import { describeNetworkFailure, readBody } from '../../http/http-failure.ts';
import { failureAt, foreignAt, originOf } from './asked-host.ts';
import { classifyRefusal } from './classify-refusal.ts';
import { inflate } from './inflate.ts';
import { requestRun, type RunRequest } from './request-run.ts';
import type { WireResponse } from './wire.ts';

/** Whether the API knows a run. `unchecked`: it could not be asked, or gave no answer to that. */
export type RunAnswer = { kind: 'known' } | { kind: 'unknown' | 'unchecked'; reason: string };

const TIMEOUT_MS = 10_000;
/** The run object alone; documents show less than 2 KB. */
const MAX_BYTES = 1_000_000;

/** Asks the API once for the run object alone, without its candidates. Rejects when `signal` is aborted, and then only. */
export async function askRun(
  request: RunRequest & { clock: Pick<Clock, 'now'> },
  findallId: string,
  signal: AbortSignal,
): Promise<RunAnswer> {
  const origin = originOf(request.baseUrl);
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await requestRun(request, findallId, 'run', AbortSignal.any([signal, deadline]));
    if (response.ok) return await readRun(response, findallId, origin);
    const { kind, reason } = await classifyRefusal(response, request);
    return { kind: kind === 'gone' ? 'unknown' : 'unchecked', reason };
  } catch (error) {
    signal.throwIfAborted();
    const reason = deadline.aborted ? 'no answer in time' : describeNetworkFailure(error);
    return { kind: 'unchecked', reason: failureAt(origin, reason) };
  }
}

async function readRun(
  { body, headers }: WireResponse,
  findallId: string,
  origin: string,
): Promise<RunAnswer> {
  const sent = await readBody(body, MAX_BYTES);
  const text = Buffer.from(await inflate(sent, headers.get('content-encoding'), MAX_BYTES)).toString();
  return idIn(text) === findallId
    ? { kind: 'known' }
    : { kind: 'unchecked', reason: foreignAt(origin, 'an answer without the id of the run') };
}

function idIn(text: string): unknown {
  try {
    const run: unknown = JSON.parse(text);
    return typeof run === 'object' && run !== null && 'findall_id' in run ? run.findall_id : undefined;
  } catch {
    return undefined;
  }
}
