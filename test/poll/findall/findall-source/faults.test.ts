import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import { readAnswer } from '../../../../src/poll/findall/read-answer.ts';
import type { PollAnswer } from '../../../../src/poll/source.ts';
import type { Fault } from '../../../../src/simulator/faults/fault.ts';
import { parseFault } from '../../../../src/simulator/faults/parse-fault.ts';
import { scenarioNamed } from '../../../../src/simulator/scenario/scenarios.ts';
import { createSimulator } from '../../../../src/simulator/simulator.ts';
import { KEY, NOTHING, sourceAt } from '../raw-server.ts';

/** What a fault's answer must be taken for, and after how many requests. */
interface Case {
  fault: string;
  kind: PollAnswer['kind'];
  requests?: number;
  answer?: object;
  /** Deadline of the poll. */
  timeoutMs?: number;
  /** 1e6 lives the whole run at once, 1e-6 never begins it. */
  timeScale?: number;
}

/** Every fault the simulator knows: the compiler asks for the ones that are missing. */
const CASES: Readonly<Record<Fault['kind'], Case[]>> = {
  status: [
    { fault: 'status:401', kind: 'unauthorized', answer: { status: 401 } },
    { fault: 'status:402', kind: 'unauthorized', answer: { status: 402 } },
    { fault: 'status:403', kind: 'unauthorized', answer: { status: 403 } },
    { fault: 'status:404', kind: 'gone', answer: { status: 404 } },
    { fault: 'status:422:body=detail', kind: 'gone', answer: { status: 422 } },
    { fault: 'status:408', kind: 'unavailable', answer: { status: 408 } },
    { fault: 'status:429', kind: 'unavailable', answer: { status: 429 } },
    { fault: 'status:429:retry-after=2', kind: 'unavailable', answer: { retryAfterMs: 2000 } },
    { fault: 'status:429:retry-after=86400', kind: 'unavailable', answer: { retryAfterMs: 600_000 } },
    { fault: 'status:503:retry-after=7', kind: 'unavailable', answer: { status: 503, retryAfterMs: 7000 } },
    { fault: 'status:500', kind: 'unavailable', answer: { status: 500 }, requests: 3 },
    { fault: 'status:502:body=html', kind: 'unavailable', answer: { status: 502 }, requests: 3 },
    { fault: 'status:404:body=html', kind: 'unavailable', answer: { status: 404 } },
    {
      fault: 'status:422:body=empty',
      kind: 'unavailable',
      answer: { status: 422, reason: expect.stringContaining('HTTP 422') },
    },
    { fault: 'status:403:body=html', kind: 'unauthorized', answer: { status: 403, isApiError: false } },
    {
      fault: 'status:504:body=empty',
      kind: 'unavailable',
      answer: { reason: expect.stringContaining('HTTP 504') },
      requests: 3,
    },
    { fault: 'status:503:times=2', kind: 'snapshot', requests: 3 },
    { fault: 'status:400', kind: 'unavailable', answer: { status: 400 } },
    { fault: 'status:418:body=html', kind: 'unavailable', answer: { status: 418 } },
  ],
  redirect: [
    {
      fault: 'redirect:https://elsewhere.example/',
      kind: 'unavailable',
      answer: {
        status: 302,
        reason: expect.stringContaining('HTTP 302: a redirect, not followed (check PARALLEL_BASE_URL)'),
      },
    },
  ],
  html: [
    {
      fault: 'html',
      kind: 'invalid',
      answer: { reason: expect.stringContaining('an HTML or XML page instead of JSON') },
    },
  ],
  'torn-json': [{ fault: 'torn-json', kind: 'invalid' }],
  'broken-gzip': [{ fault: 'broken-gzip', kind: 'unavailable', requests: 3, timeScale: 1e-6 }],
  v0: [{ fault: 'v0', kind: 'invalid', answer: { reason: expect.stringContaining('V0') } }],
  flat: [{ fault: 'flat', kind: 'invalid', answer: { reason: expect.stringContaining('flat') } }],
  'missing-is-active': [
    { fault: 'missing-is-active', kind: 'invalid', answer: { reason: expect.stringContaining('is_active') } },
  ],
  'wrong-run': [
    {
      fault: 'wrong-run',
      kind: 'invalid',
      answer: { reason: expect.stringContaining('the result of another run') },
    },
  ],
  'unknown-enums': [{ fault: 'unknown-enums', kind: 'snapshot' }],
  nulls: [{ fault: 'nulls', kind: 'snapshot' }],
  shuffled: [{ fault: 'shuffled', kind: 'snapshot' }],
  vanish: [{ fault: 'vanish:1', kind: 'snapshot', answer: { snapshot: { candidates: [] } } }],
  stale: [{ fault: 'stale:1ms', kind: 'snapshot' }],
  'slow-headers': [
    { fault: 'slow-headers:50ms', kind: 'snapshot' },
    { fault: 'slow-headers:5s', kind: 'unavailable', timeoutMs: 200 },
  ],
  'slow-body': [
    { fault: 'slow-body:50ms', kind: 'snapshot' },
    { fault: 'slow-body:5s', kind: 'unavailable', timeoutMs: 200 },
  ],
  'no-answer': [
    {
      fault: 'no-answer',
      kind: 'unavailable',
      timeoutMs: 200,
      answer: { reason: expect.stringContaining('no complete answer in time') },
    },
  ],
  'stalled-body': [
    {
      fault: 'stalled-body',
      kind: 'unavailable',
      timeoutMs: 200,
      answer: { reason: expect.stringContaining('no complete answer in time') },
    },
  ],
  reset: [
    { fault: 'reset', kind: 'unavailable', requests: 3 },
    { fault: 'reset:times=1', kind: 'snapshot', requests: 2 },
  ],
  'reset-mid-body': [
    { fault: 'reset-mid-body', kind: 'unavailable', requests: 3 },
    { fault: 'reset-mid-body:times=2', kind: 'snapshot', requests: 3 },
  ],
  oversize: [
    {
      fault: 'oversize:3000000',
      kind: 'invalid',
      answer: { reason: expect.stringContaining('a body over 1000000 bytes (api.maxBody)') },
    },
    { fault: 'oversize:900000', kind: 'snapshot' },
  ],
};

describe('an answer of the simulated API under', () => {
  it.concurrent.for(Object.values(CASES).flat())('$fault is $kind', async (one) => {
    const scenario = scenarioNamed('failed-with-matches')!;
    const simulator = await createSimulator({
      scenarios: [scenario],
      clock: systemClock,
      timeScale: one.timeScale ?? 1e6,
      apiKey: KEY,
      faults: [{ target: '*', fault: parseFault(one.fault).fault }],
    });
    onTestFinished(() => simulator.close());
    const source = sourceAt(simulator.url, { timeoutMs: one.timeoutMs ?? 60_000 });
    const start = performance.now();
    const signal = new AbortController().signal;
    const received = await source.fetchResult(scenario.findallId, { priorDigest: null, signal });
    const answer = readAnswer(received, scenario.findallId, NOTHING);
    expect(answer).toMatchObject({ kind: one.kind, ...one.answer });
    expect(simulator.requestCount()).toBe(one.requests ?? 1);
    expect(performance.now() - start).toBeLessThan(one.timeoutMs === undefined ? 60_000 : 30_000);
    expect(JSON.stringify(answer)).not.toContain(KEY);
  });
});
