import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FaultRule } from '../../../src/simulator/faults/fault.ts';
import type { Scenario } from '../../../src/simulator/scenario/scenario.ts';
import { scenarioNamed } from '../../../src/simulator/scenario/scenarios.ts';
import { createSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { ResultBody } from '../../../src/simulator/scenario/timeline.ts';
import { type BrokenOff, exchangeRaw, jsonOf, parsed, resultUrl, until, type Received } from '../exchange.ts';
import { createHandClock, type HandClock } from '../hand-clock.ts';
import { schemaErrors } from '../result-schema.ts';

const demo = scenarioNamed('demo') as Scenario;
const id = demo.findallId;

let clock: HandClock;
let simulator: Simulator;
/** What a faultless poll brings. */
let right: ResultBody;

beforeEach(async () => {
  clock = createHandClock();
  simulator = await createSimulator({ scenarios: [demo], clock, seed: 5 });
  clock.advance(10_500);
  right = simulator.snapshot(id);
});

afterEach(async () => {
  await simulator.close();
});

async function poll(headers: Record<string, string> = {}): Promise<Received> {
  return exchangeRaw(resultUrl(simulator, id), { headers });
}

async function pollUnder(fault: FaultRule, headers: Record<string, string> = {}): Promise<Received> {
  simulator.setFault(id, fault);
  return poll(headers);
}

async function brokenPollUnder(fault: FaultRule): Promise<BrokenOff> {
  return pollUnder(fault).then(
    () => expect.fail('the poll was answered'),
    (error: unknown) => error as BrokenOff,
  );
}

function matchesIn(body: ResultBody) {
  return body.candidates.filter((one) => one.match_status === 'matched');
}

describe('errors', () => {
  test('status answers with that status, in the shape of the API, with a Retry-After when given', async () => {
    const answer = await pollUnder({ kind: 'status', status: 429, retryAfter: '2' });
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toBe('2');
    expect(jsonOf(answer)).toMatchObject({ type: 'error', error: { ref_id: expect.any(String) } });
    expect((await pollUnder({ kind: 'status', status: 503 })).headers['retry-after']).toBeUndefined();
  });

  test('status answers in the other known shapes', async () => {
    const detail = await pollUnder({ kind: 'status', status: 422, body: 'detail' });
    const complaint = { loc: expect.any(Array), msg: expect.any(String), type: expect.any(String) };
    expect(parsed(detail)).toEqual({ detail: [complaint] });
    const html = await pollUnder({ kind: 'status', status: 502, body: 'html' });
    expect(html.headers['content-type']).toContain('text/html');
    expect((await pollUnder({ kind: 'status', status: 500, body: 'empty' })).bytes.length).toBe(0);
  });

  test('redirect points elsewhere', async () => {
    const answer = await pollUnder({ kind: 'redirect', location: 'https://elsewhere.example/' });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe('https://elsewhere.example/');
  });
});

describe('bodies that are no snapshot', () => {
  test('html is a page with status 200', async () => {
    const answer = await pollUnder({ kind: 'html' });
    expect(answer.status).toBe(200);
    expect(answer.bytes.toString()).toMatch(/^<!doctype html>/);
  });

  test('torn-json is cut, with a length that fits', async () => {
    const answer = await pollUnder({ kind: 'torn-json' });
    expect(answer.status).toBe(200);
    expect(() => jsonOf(answer)).toThrow(SyntaxError);
    expect(JSON.stringify(right).startsWith(answer.bytes.toString())).toBe(true);
    const zipped = await pollUnder({ kind: 'torn-json' }, { 'accept-encoding': 'gzip' });
    expect(gunzipSync(zipped.bytes).equals(answer.bytes)).toBe(true);
  });

  test('broken-gzip says gzip and is none', async () => {
    const answer = await pollUnder({ kind: 'broken-gzip' });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(() => gunzipSync(answer.bytes)).toThrow('incorrect header check');
  });

  test('v0 has is_active at the top and results instead of candidates', async () => {
    const body = jsonOf(await pollUnder({ kind: 'v0' }));
    expect(body).toMatchObject({ is_active: true, results: expect.any(Array) });
    expect(body).not.toHaveProperty('run');
  });

  test('flat has no run, and its id and status at the top', async () => {
    const body = jsonOf(await pollUnder({ kind: 'flat' }));
    expect(body).toMatchObject({ findall_id: id, status: right.run.status, candidates: right.candidates });
    expect(body).not.toHaveProperty('run');
  });

  test('missing-is-active lacks that and nothing else', async () => {
    const body = jsonOf(await pollUnder({ kind: 'missing-is-active' }));
    expect(schemaErrors(body)).toContain("must have required property 'is_active'");
    body.run.status.is_active = true;
    expect(body).toEqual(right);
  });

  test('wrong-run is a good snapshot of another run', async () => {
    const body = jsonOf(await pollUnder({ kind: 'wrong-run' }));
    expect(schemaErrors(body)).toBe('');
    expect(body.run.findall_id).not.toBe(id);
  });
});

describe('bodies that are snapshots, but odd', () => {
  test('unknown-enums has unseen values, and every match still recognisable', async () => {
    const body = jsonOf(await pollUnder({ kind: 'unknown-enums' }));
    expect(body.run.status).toMatchObject({ status: 'reranking', is_active: true });
    expect(matchesIn(body)).toEqual(matchesIn(right));
    clock.advance(60_000);
    expect(jsonOf(await poll()).run.status).toMatchObject({
      status: 'completed',
      termination_reason: 'quota_rebalanced',
    });
  });

  test('nulls says null for everything that is absent', async () => {
    const body = jsonOf(await pollUnder({ kind: 'nulls' }));
    expect(schemaErrors(body)).toBe('');
    expect(body.run.status.termination_reason).toBeNull();
    const unjudged = body.candidates.find(
      (one: { match_status: string }) => one.match_status === 'generated',
    );
    expect(unjudged).toMatchObject({ output: null, basis: null });
  });

  test('shuffled lists the same candidates in another order, the same at every poll', async () => {
    const first = await pollUnder({ kind: 'shuffled' });
    const { candidates } = jsonOf(first);
    expect(candidates).not.toEqual(right.candidates);
    expect(candidates).toHaveLength(right.candidates.length);
    expect(candidates).toEqual(expect.arrayContaining(right.candidates));
    expect((await poll()).bytes.equals(first.bytes)).toBe(true);
  });

  test('vanish leaves out a share of the candidates, the same ones at every poll', async () => {
    const first = await pollUnder({ kind: 'vanish', share: 0.5 });
    const { candidates } = jsonOf(first);
    expect(candidates.length).toBeGreaterThan(0);
    expect(candidates.length).toBeLessThan(right.candidates.length);
    expect((await poll()).bytes.equals(first.bytes)).toBe(true);
    expect(jsonOf(await pollUnder({ kind: 'vanish', share: 1 })).candidates).toEqual([]);
    expect(jsonOf(await pollUnder({ kind: 'vanish', share: 0 }))).toEqual(right);
  });

  test('stale is the snapshot of a while ago', async () => {
    clock.advance(60_000);
    expect(jsonOf(await pollUnder({ kind: 'stale', byMs: 60_000 }))).toEqual(right);
    expect(jsonOf(await pollUnder({ kind: 'stale', byMs: 900_000 })).candidates).toEqual([]);
  });
});

describe('a bad way', () => {
  test('slow-headers answers rightly, but only after its span', async () => {
    const answering = pollUnder({ kind: 'slow-headers', ms: 5_000 });
    await clock.sleeping();
    expect(clock.sleepers()).toEqual([clock.now() + 5_000]);
    expect(simulator.requests().at(-1)).toMatchObject({ status: null, durationMs: null });
    clock.advance(5_000);
    expect(jsonOf(await answering).run.findall_id).toBe(id);
  });

  test('slow-body sends the headers at once and the rest after its span', async () => {
    simulator.setFault(id, { kind: 'slow-body', ms: 5_000 });
    const response = await fetch(resultUrl(simulator, id), { headers: { 'accept-encoding': 'identity' } });
    expect(response.status).toBe(200);
    await clock.sleeping();
    clock.advance(5_000);
    expect(await response.json()).toEqual(right);
  });

  test('stalled-body sends the headers and half of the body, and then nothing', async () => {
    simulator.setFault(id, { kind: 'stalled-body' });
    const abort = new AbortController();
    const response = await fetch(resultUrl(simulator, id), {
      headers: { 'accept-encoding': 'identity' },
      signal: abort.signal,
    });
    const reader = response.body!.getReader();
    const half = Math.floor(Number(response.headers.get('content-length')) / 2);
    let received = 0;
    while (received < half) received += (await reader.read()).value?.length ?? 0;
    expect(received).toBe(half);
    const rest = reader.read();
    abort.abort();
    await expect(rest).rejects.toThrow('aborted');
    await until(() => simulator.requests()[0]?.durationMs !== null);
    expect(simulator.requests()[0]).toMatchObject({ status: 200, whole: false });
  });

  test('no-answer takes the request and says nothing', async () => {
    simulator.setFault(id, { kind: 'no-answer' });
    const abort = new AbortController();
    const hanging = exchangeRaw(resultUrl(simulator, id), { signal: abort.signal });
    await until(() => simulator.requests().length === 1);
    abort.abort();
    await expect(hanging).rejects.toMatchObject({ received: {} });
  });

  test('reset ends the connection before any answer', async () => {
    const broken = await brokenPollUnder({ kind: 'reset' });
    expect(broken.cause).toMatchObject({ code: 'ECONNRESET' });
    expect(broken.received).toEqual({});
  });

  test('reset-mid-body ends the connection after half of the body', async () => {
    const broken = await brokenPollUnder({ kind: 'reset-mid-body' });
    expect(broken.received.status).toBe(200);
    expect(broken.received.bytes?.length ?? 0).toBeLessThan(JSON.stringify(right).length);
  });

  test('oversize is the right snapshot, blown up to so many bytes', async () => {
    const bytes = 3_000_000;
    const answer = await pollUnder({ kind: 'oversize', bytes });
    expect(answer.bytes.length).toBe(bytes);
    expect(jsonOf(answer)).toEqual(right);
    const zipped = await pollUnder({ kind: 'oversize', bytes }, { 'accept-encoding': 'gzip' });
    expect(zipped.bytes.length).toBeLessThan(bytes / 100);
    expect(gunzipSync(zipped.bytes).equals(answer.bytes)).toBe(true);
  });

  test('a client that hangs up on an oversized answer does the simulator no harm', async () => {
    simulator.setFault(id, { kind: 'oversize', bytes: 2 ** 36 });
    const response = await fetch(resultUrl(simulator, id), { headers: { 'accept-encoding': 'identity' } });
    await response.body!.cancel();
    await until(() => simulator.requests()[0]?.durationMs !== null);
    simulator.setFault(id, null);
    expect(jsonOf(await poll())).toEqual(right);
  });
});
