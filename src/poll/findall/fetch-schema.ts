import { BodyTooLarge, describeNetworkFailure, readBody } from '../../http/http-failure.ts';
import { failureAt, originOf } from './asked-host.ts';
import { classifyRefusal, type Refusing } from './classify-refusal.ts';
import { inflate } from './inflate.ts';
import { requestRun, type RunRequest } from './request-run.ts';
import type { SchemaAnswer } from '../source.ts';
import type { WireResponse } from './wire.ts';

const TIMEOUT_MS = 10_000;
/** A schema is a page of text. */
const MAX_BYTES = 1_000_000;
/** Of an objective that is kept. */
const LONGEST_OBJECTIVE = 10_000;

/** See `SchemaSource`. */
export async function fetchSchema(
  options: RunRequest & Refusing & { timeoutMs: number; maxBodyBytes: number },
  findallId: string,
  signal: AbortSignal,
): Promise<SchemaAnswer> {
  const deadline = AbortSignal.timeout(Math.min(TIMEOUT_MS, options.timeoutMs));
  const maxBytes = Math.min(MAX_BYTES, options.maxBodyBytes);
  const failed = (reason: string): SchemaAnswer => ({
    kind: 'failed',
    reason: failureAt(originOf(options.baseUrl), reason),
  });
  try {
    const response = await requestRun(options, findallId, 'schema', AbortSignal.any([signal, deadline]));
    if (!response.ok) return { kind: 'failed', reason: (await classifyRefusal(response, options)).reason };
    return (await readSchema(response, maxBytes)) ?? failed('a body that is not a schema');
  } catch (error) {
    signal.throwIfAborted();
    return failed(reasonOf(error, { deadline, maxBytes }));
  }
}

function reasonOf(
  error: unknown,
  { deadline, maxBytes }: { deadline: AbortSignal; maxBytes: number },
): string {
  if (deadline.aborted) return 'no complete answer in time';
  if (error instanceof BodyTooLarge) return `a body over ${maxBytes} bytes`;
  return error instanceof SyntaxError ? 'a body that is not JSON' : describeNetworkFailure(error);
}

/** Null when it is JSON of another kind. */
async function readSchema({ body, headers }: WireResponse, maxBytes: number): Promise<SchemaAnswer | null> {
  const sent = await readBody(body, maxBytes);
  const bytes = await inflate(sent, headers.get('content-encoding'), maxBytes);
  const schema: unknown = JSON.parse(Buffer.from(bytes).toString());
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return null;
  const { objective, match_limit: limit } = schema as Record<string, unknown>;
  return {
    kind: 'schema',
    objective:
      typeof objective === 'string' && objective !== '' ? objective.slice(0, LONGEST_OBJECTIVE) : null,
    matchLimit: typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0 ? limit : null,
  };
}
