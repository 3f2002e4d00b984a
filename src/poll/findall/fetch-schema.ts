import { withDeadline } from '../../http/deadline.ts';
import { type HttpAnswer, readText } from '../../http/http-answer.ts';
import type { SchemaAnswer } from '../source.ts';
import { failureAt, originOf } from './asked-host.ts';
import { classifyRefusal } from './classify-refusal.ts';
import { askApi, type RunApi } from './run-api.ts';

const TIMEOUT_MS = 10_000;
/** A schema is a page of text. */
const MAX_BYTES = 1_000_000;
/** Of an objective that is kept. */
const LONGEST_OBJECTIVE = 10_000;

/** See `SchemaSource`. */
export async function fetchSchema(
  options: RunApi & { timeoutMs: number; maxBodyBytes: number },
  findallId: string,
  signal: AbortSignal,
): Promise<SchemaAnswer> {
  const { clock, baseUrl, timeoutMs, maxBodyBytes } = options;
  const maxBytes = Math.min(MAX_BYTES, maxBodyBytes);
  const failed = (reason: string): SchemaAnswer => ({
    kind: 'failed',
    reason: failureAt(originOf(baseUrl), reason),
  });
  async function read(answer: HttpAnswer): Promise<SchemaAnswer> {
    if (!answer.ok) return { kind: 'failed', reason: (await classifyRefusal(answer, options)).reason };
    const schema = readSchema(await readText(answer, maxBytes));
    return typeof schema === 'string' ? failed(schema) : schema;
  }
  const ms = Math.min(TIMEOUT_MS, timeoutMs);
  const asked = await withDeadline({ ms, clock, signal }, (deadline) =>
    askApi(options, { findallId, part: 'schema' }, read, deadline),
  );
  return asked.kind === 'answered' ? asked.answer : failed(asked.reason);
}

/** The schema, or what the text is instead. */
function readSchema(text: string): SchemaAnswer | string {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    return 'a body that is not JSON';
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    return 'a body that is not a schema';
  const { objective, match_limit: limit } = schema as Record<string, unknown>;
  return {
    kind: 'schema',
    objective:
      typeof objective === 'string' && objective !== '' ? objective.slice(0, LONGEST_OBJECTIVE) : null,
    matchLimit: typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0 ? limit : null,
  };
}
