import pRetry from 'p-retry';
import type { Clock } from '../../clock.ts';
import { BodyTooLarge, describeNetworkFailure } from '../../http/http-failure.ts';
import { failureAt, originOf } from './asked-host.ts';
import { type ByteBudget, createByteBudget } from './byte-budget.ts';
import { classifyRefusal } from './classify-refusal.ts';
import { fetchSchema } from './fetch-schema.ts';
import { receiveBody } from './receive-body.ts';
import { requestRun } from './request-run.ts';
import type { FetchRequest, SchemaSource, Source, SourceAnswer } from '../source.ts';

export interface FindallSourceOptions {
  baseUrl: string;
  key: string;
  /** Deadline of one poll over headers, body and short retries. */
  timeoutMs: number;
  maxBodyBytes: number;
  /** Memory that one answer may take; what would take more is `invalid`. See `weigh-body.ts`. */
  memoryBytes: number;
  userAgent: string;
  clock: Clock;
}

/** Short retries within one poll, for a hiccup; anything longer is a due time in the store. */
const SHORT_RETRIES = { retries: 2, minTimeout: 200, maxTimeout: 1000, randomize: true } as const;

/** Most memory that answers take together, by `weigh-body.ts`: what fits into the 512 MiB of the image beside the rest. */
const TOGETHER_BYTES = 288 * 1024 * 1024;

/** The source over HTTP. The deadline covers the body too (ofetch's own covers headers only). */
export function createFindallSource(options: FindallSourceOptions): Source & SchemaSource {
  const origin = originOf(options.baseUrl);
  const budget = createByteBudget(Math.min(TOGETHER_BYTES, options.memoryBytes));
  return {
    async fetchSnapshot(findallId, request) {
      const deadline = AbortSignal.timeout(Math.min(options.timeoutMs, request.timeoutMs ?? Infinity));
      let answer: SourceAnswer = { kind: 'unavailable', reason: failureAt(origin, TIMED_OUT) };
      try {
        await pRetry(
          async () => {
            answer = await attempt({ ...options, origin, budget }, findallId, request, deadline);
            if (isHiccup(answer)) throw new Hiccup();
          },
          {
            ...SHORT_RETRIES,
            signal: AbortSignal.any([request.signal, deadline]),
            shouldRetry: ({ error }) => error instanceof Hiccup,
          },
        );
      } catch (error) {
        request.signal.throwIfAborted();
        // Out of short retries or of time: the last answer stands.
        if (!(error instanceof Hiccup) && !deadline.aborted) throw error;
      }
      return answer;
    },
    fetchSchema: (findallId, signal) => fetchSchema(options, findallId, signal),
  };
}

/** Tells p-retry to try again; never leaves this file. */
class Hiccup extends Error {}

/** Worth a short retry: gone in a moment as often as not, and nobody asked us to wait. */
function isHiccup(answer: SourceAnswer): boolean {
  if (answer.kind !== 'unavailable' || answer.retryAfterMs !== undefined) return false;
  return answer.status === undefined ? !answer.reason.endsWith(TIMED_OUT) : answer.status >= 500;
}

const TIMED_OUT = 'no complete answer in time';

type AttemptOptions = FindallSourceOptions & { origin: string; budget: ByteBudget };

async function attempt(
  options: AttemptOptions,
  findallId: string,
  request: FetchRequest,
  deadline: AbortSignal,
): Promise<SourceAnswer> {
  const { origin } = options;
  try {
    const signal = AbortSignal.any([request.signal, deadline]);
    const response = await requestRun(options, findallId, 'result', signal);
    return response.ok
      ? await receiveBody(response, options, { priorDigest: request.priorDigest, signal })
      : await classifyRefusal(response, options);
  } catch (error) {
    request.signal.throwIfAborted();
    if (error instanceof BodyTooLarge) {
      const reason = `a body over ${options.maxBodyBytes} bytes (api.maxBody)`;
      return { kind: 'invalid', reason: failureAt(origin, reason) };
    }
    const reason = deadline.aborted ? TIMED_OUT : describeNetworkFailure(error);
    return { kind: 'unavailable', reason: failureAt(origin, reason) };
  }
}
