import type { Random } from '../../backoff.ts';
import { type Deadline, withDeadline } from '../../http/deadline.ts';
import type { HttpAnswer } from '../../http/http-answer.ts';
import { retryOutcomes } from '../../retry.ts';
import { failureAt, originOf } from './asked-host.ts';
import { type ByteBudget, createByteBudget } from './byte-budget.ts';
import { classifyRefusal } from './classify-refusal.ts';
import { fetchSchema } from './fetch-schema.ts';
import { receiveBody } from './receive-body.ts';
import { askApi, type RunApi } from './run-api.ts';
import type { SchemaSource, Source, SourceAnswer } from '../source.ts';

export interface FindallSourceOptions extends RunApi {
  /** Deadline of one poll over headers, body and short retries. */
  timeoutMs: number;
  maxBodyBytes: number;
  /** Memory that one answer may take; what would take more is `invalid`. See `weigh-body.ts`. */
  memoryBytes: number;
  random: Random;
}

/** Short retries within one poll, for a hiccup; anything longer is a due time in the store. */
const SHORT_RETRIES = { retries: 2, firstMs: 300, maxMs: 1000 } as const;

/** Most memory that answers take together, by `weigh-body.ts`: what fits into the 512 MiB of the image beside the rest. */
const TOGETHER_BYTES = 288 * 1024 * 1024;

/** The source over HTTP. One deadline covers headers, bodies and retries. */
export function createFindallSource(options: FindallSourceOptions): Source & SchemaSource {
  const { clock, random, memoryBytes } = options;
  const budget = createByteBudget(Math.min(TOGETHER_BYTES, memoryBytes));
  return {
    async fetchResult(findallId, { priorDigest, signal, timeoutMs = Infinity }) {
      const ms = Math.min(options.timeoutMs, timeoutMs);
      const { answer } = await withDeadline({ ms, clock, signal }, (deadline) =>
        retryOutcomes(
          () => attempt({ ...options, budget }, { findallId, priorDigest }, deadline),
          ({ isHiccup }) => isHiccup,
          { ...SHORT_RETRIES, withinMs: ms },
          { clock, random, signal },
        ),
      );
      return answer;
    },
    fetchSchema: (findallId, signal) => fetchSchema(options, findallId, signal),
  };
}

interface Attempt {
  answer: SourceAnswer;
  /** Worth a short retry: gone in a moment as often as not, and nobody asked us to wait. */
  isHiccup: boolean;
}

async function attempt(
  options: FindallSourceOptions & { budget: ByteBudget },
  { findallId, priorDigest }: { findallId: string; priorDigest: string | null },
  deadline: Deadline,
): Promise<Attempt> {
  const origin = originOf(options.baseUrl);
  const read = async (answer: HttpAnswer): Promise<SourceAnswer> =>
    answer.ok
      ? await receiveBody(answer, { ...options, origin }, { priorDigest, signal: deadline.signal })
      : await classifyRefusal(answer, options);
  const asked = await askApi(options, { findallId, part: 'result' }, read, deadline);
  if (asked.kind === 'answered') return { answer: asked.answer, isHiccup: isServerFault(asked.answer) };
  const { cause } = asked;
  if (cause === 'size') {
    const reason = failureAt(origin, `${asked.reason} (api.maxBody)`);
    return { answer: { kind: 'invalid', reason }, isHiccup: false };
  }
  const reason = failureAt(origin, asked.reason);
  return { answer: { kind: 'unavailable', reason }, isHiccup: cause !== 'deadline' };
}

function isServerFault(answer: SourceAnswer): boolean {
  if (answer.kind !== 'unavailable' || answer.retryAfterMs !== undefined) return false;
  return answer.status !== undefined && answer.status >= 500;
}
