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
  return await askApiOnce(api, findallId, signal, (answer) => readRun(answer, api, findallId));
}

async function askApiOnce<T>(
  api: RunApi,
  findallId: string,
  signal: AbortSignal,
  read: (answer: HttpAnswer) => Promise<T>,
): Promise<T | { kind: 'unchecked'; reason: string }> {
  const { clock } = api;
  const asked = await withDeadline({ ms: TIMEOUT_MS, clock, signal }, (deadline) =>
    askApi(api, { findallId, part: 'run' }, read, deadline),
  );
  if (asked.kind === 'answered') return asked.answer;
  return { kind: 'unchecked', reason: failureAt(originOf(api.baseUrl), asked.reason) };
}

/** What the API makes of a key. `unchecked`: it could not be asked, or gave no answer to that. */
export type KeyAnswer = { kind: 'accepted' } | { kind: 'refused' | 'unchecked'; reason: string };

/** An id of the right form that no run has. */
const NO_RUN = `findall_${'0'.repeat(32)}`;

/** Asks the API once, about a run that does not exist: with a good key it denies that run, and nothing comes of it. */
export async function askKey(api: RunApi, signal: AbortSignal): Promise<KeyAnswer> {
  const answer = await askApiOnce(api, NO_RUN, signal, async (given) => {
    if (given.ok) return await readRun(given, api, NO_RUN);
    return await classifyRefusal(given, api);
  });
  if (answer.kind === 'known' || answer.kind === 'unknown' || answer.kind === 'gone')
    return { kind: 'accepted' };
  return { kind: answer.kind === 'unauthorized' ? 'refused' : 'unchecked', reason: answer.reason };
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
