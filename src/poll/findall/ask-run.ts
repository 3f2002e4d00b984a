import { withDeadline } from '../../http/deadline.ts';
import { type HttpAnswer, readText } from '../../http/http-answer.ts';
import { objectIn } from '../../http/object-in.ts';
import { failureAt, foreignAt, originOf } from './asked-host.ts';
import { classifyRefusal } from './classify-refusal.ts';
import { askApi, type RunApi } from './run-api.ts';

/** Whether the API knows a run. `unchecked`: it could not be asked, or gave no answer to that. */
export type RunAnswer = { kind: 'known' } | { kind: 'unknown' | 'unchecked'; reason: string };

const TIMEOUT_MS = 10_000;
/** The run object alone; documents show less than 2 KB. */
const MAX_BYTES = 1_000_000;

/** Asks the API once for the run object alone, without its candidates. Rejects when `signal` is aborted, and then only. */
export async function askRun(api: RunApi, findallId: string, signal: AbortSignal): Promise<RunAnswer> {
  const origin = originOf(api.baseUrl);
  const read = (answer: HttpAnswer) => readRun(answer, api, findallId);
  const { clock } = api;
  const asked = await withDeadline({ ms: TIMEOUT_MS, clock, signal }, (deadline) =>
    askApi(api, { findallId, part: 'run' }, read, deadline),
  );
  if (asked.kind === 'answered') return asked.answer;
  return { kind: 'unchecked', reason: failureAt(origin, asked.reason) };
}

async function readRun(answer: HttpAnswer, api: RunApi, findallId: string): Promise<RunAnswer> {
  if (!answer.ok) {
    const { kind, reason } = await classifyRefusal(answer, api);
    return { kind: kind === 'gone' ? 'unknown' : 'unchecked', reason };
  }
  const { findall_id: id } = objectIn({ text: await readText(answer, MAX_BYTES) });
  if (id === findallId) return { kind: 'known' };
  const reason = foreignAt(originOf(api.baseUrl), 'an answer without the id of the run');
  return { kind: 'unchecked', reason };
}
