import { Agent } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { withFindallId, type Scenario } from '../../src/simulator/scenario/scenario.ts';
import { scenarioNamed } from '../../src/simulator/scenario/scenarios.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { BrokenOff, exchangeRaw, jsonOf, resultUrl, until } from './exchange.ts';
import type { HandClock } from './hand-clock.ts';
import { openSimulator } from './open-simulator.ts';
import { schemaErrors } from './result-schema.ts';

const demo = scenarioNamed('demo') as Scenario;

let clock: HandClock;
let simulator: Simulator;

beforeEach(async () => {
  ({ clock, simulator } = await openSimulator());
});

async function poll(findallId = demo.findallId, headers: Record<string, string> = {}) {
  return exchangeRaw(resultUrl(simulator, findallId), { headers });
}

async function cancel() {
  const url = `${simulator.url}/v1beta/findall/runs/${demo.findallId}/cancel`;
  return exchangeRaw(url, { method: 'POST' });
}

describe('a poll', () => {
  test('is answered at once with the snapshot of that instant', async () => {
    const queued = await poll();
    expect(queued.status).toBe(200);
    expect(queued.headers['content-type']).toBe('application/json');
    expect(jsonOf(queued)).toMatchObject({ run: { status: { status: 'queued' } }, candidates: [] });
    clock.advance(18_000);
    const ended = jsonOf(await poll());
    expect(schemaErrors(ended)).toBe('');
    expect(ended).toEqual(simulator.snapshot(demo.findallId));
    expect(ended.run.status).toMatchObject({ is_active: false, termination_reason: 'match_limit_met' });
    expect(ended.run.created_at).toBe('2026-10-01T12:00:00.000104Z');
    expect(ended.run.modified_at).toMatch(/^2026-10-01T12:00:18\.000\d{3}Z$/);
  });

  test('brings the very same bytes until the next step, compressed or not', async () => {
    clock.advance(17_000);
    const first = await poll();
    const firstCompressed = await poll(demo.findallId, { 'accept-encoding': 'gzip' });
    clock.advance(999);
    expect((await poll()).bytes.equals(first.bytes)).toBe(true);
    expect((await poll(demo.findallId, { 'accept-encoding': 'gzip' })).bytes).toEqual(firstCompressed.bytes);
    clock.advance(1);
    expect((await poll()).bytes.equals(first.bytes)).toBe(false);
  });

  test('is compressed when the client takes gzip and the body is large', async () => {
    const small = await poll(demo.findallId, { 'accept-encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBeUndefined();
    clock.advance(18_000);
    const plain = await poll(demo.findallId, { 'accept-encoding': 'br, gzip;q=0' });
    const compressed = await poll(demo.findallId, { 'accept-encoding': 'br, gzip;q=0.8' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(compressed.bytes.length).toBeLessThan(plain.bytes.length / 2);
    expect(gunzipSync(compressed.bytes).equals(plain.bytes)).toBe(true);
  });

  test('goes over a connection that is kept alive', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    const createConnection = agent.createConnection.bind(agent);
    agent.createConnection = (...given) => {
      connections += 1;
      return createConnection(...given);
    };
    for (let time = 0; time < 5; time += 1) {
      await exchangeRaw(resultUrl(simulator, demo.findallId), { agent });
    }
    agent.destroy();
    expect(connections).toBe(1);
  });

  test('of an unknown run is a 404 in the shape of the API', async () => {
    const answer = await poll('findall_nobody');
    expect(answer.status).toBe(404);
    expect(jsonOf(answer)).toEqual({
      type: 'error',
      error: { ref_id: expect.stringMatching(/^[0-9a-f-]{36}$/), message: 'FindAll run not found' },
    });
  });
});

test('time passes timeScale times as fast, and timestamps say when it really was', async () => {
  const fast = await createSimulator({ scenarios: [demo], clock, timeScale: 100 });
  clock.advance(180);
  const { run } = jsonOf(await exchangeRaw(resultUrl(fast, demo.findallId)));
  await fast.close();
  expect(run.status.status).toBe('completed');
  expect(run.modified_at).toMatch(/^2026-10-01T12:00:00\.180/);
});

test('the run alone is the run object of the snapshot', async () => {
  clock.advance(5_000);
  const answer = await exchangeRaw(`${simulator.url}/v1beta/findall/runs/${demo.findallId}`);
  expect(jsonOf(answer)).toEqual(simulator.snapshot(demo.findallId).run);
});

describe('the key', () => {
  test('is asked for once set, refused when wrong, and accepted again', async () => {
    simulator.setApiKey('right');
    const refused = await poll(demo.findallId, { 'x-api-key': 'wrong' });
    expect(refused.status).toBe(401);
    expect(jsonOf(refused)).toMatchObject({ type: 'error', error: { ref_id: expect.any(String) } });
    expect((await poll()).status).toBe(401);
    expect((await poll(demo.findallId, { 'x-api-key': 'right' })).status).toBe(200);
    simulator.setApiKey(null);
    expect((await poll()).status).toBe(200);
  });
});

describe('a cancel', () => {
  test('ends an active run at once, with an empty answer, and keeps its matches', async () => {
    clock.advance(6_000);
    const answer = await cancel();
    expect([answer.status, answer.bytes.length]).toEqual([204, 0]);
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(simulator.snapshot(demo.findallId).run.status).toMatchObject({
      status: 'cancelled',
      is_active: false,
    });
    clock.advance(60_000);
    const { run, candidates } = simulator.snapshot(demo.findallId);
    expect(run.status).toMatchObject({ status: 'cancelled', termination_reason: 'user_cancelled' });
    expect(candidates.filter((one) => one.match_status === 'matched').length).toBe(2);
  });

  test('of an ended run is a 409, and restarted timelines forget cancellations', async () => {
    await cancel();
    clock.advance(20_000);
    expect((await cancel()).status).toBe(409);
    simulator.restartTimelines();
    clock.advance(20_000);
    expect(simulator.snapshot(demo.findallId).run.status.status).toBe('completed');
  });
});

describe('runs', () => {
  test('can be added while others are under way, and begin when added', async () => {
    clock.advance(60_000);
    const late = withFindallId(demo, 'findall_00000000000000000000000000000001');
    simulator.addScenario(late);
    clock.advance(1_000);
    expect(simulator.runIds()).toContain(late.findallId);
    expect(simulator.elapsedMs()).toBe(61_000);
    expect(simulator.elapsedMs(late.findallId)).toBe(1_000);
    expect(jsonOf(await poll(late.findallId)).run.status.status).toBe('running');
  });

  test('that cannot be simulated are refused', () => {
    const outOfOrder = { ...demo, timeline: demo.timeline.toReversed() };
    expect(() => simulator.addScenario(outOfOrder)).toThrow('steps must be in order');
  });
});

describe('the request log', () => {
  test('shows who asked what, when, and how it went', async () => {
    await poll();
    simulator.setFault('*', { kind: 'status', status: 503, times: 1 });
    clock.advance(250);
    await poll();
    await until(() => simulator.requests().every((request) => request.durationMs !== null));
    const at = Date.UTC(2026, 9, 1, 12);
    const common = { findallId: demo.findallId, kind: 'poll', durationMs: 0, whole: true };
    expect(simulator.requests()).toEqual([
      { ...common, at, status: 200 },
      { ...common, at: at + 250, status: 503 },
    ]);
    expect(simulator.requestCount(demo.findallId)).toBe(2);
    expect(simulator.requestCount('findall_nobody')).toBe(0);
  });

  test('counts polls of one run that overlap, and not those of different runs', async () => {
    simulator.setFault('*', { kind: 'slow-headers', ms: 1_000 });
    const [first, second] = simulator.runIds() as [string, string];
    const polls = [poll(first), poll(first), poll(second)];
    await until(() => clock.sleepers().length === 3);
    clock.advance(1_000);
    await Promise.all(polls);
    expect(simulator.maxOverlap(first)).toBe(2);
    expect(simulator.maxOverlap(second)).toBe(1);
    expect(simulator.maxOverlap()).toBe(2);
  });

  test('sees no overlap in polls one after the other', async () => {
    const agent = new Agent({ keepAlive: true });
    clock.advance(18_000);
    for (let time = 0; time < 200; time += 1) {
      await exchangeRaw(resultUrl(simulator, demo.findallId), { agent });
    }
    agent.destroy();
    expect(simulator.maxOverlap()).toBe(1);
  });

  test('ends the poll of a client that went away, and the wait on its behalf', async () => {
    simulator.setFault('*', { kind: 'slow-headers', ms: 60_000 });
    const abort = new AbortController();
    const broken = exchangeRaw(resultUrl(simulator, demo.findallId), { signal: abort.signal });
    await clock.sleeping();
    abort.abort();
    await expect(broken).rejects.toThrow(BrokenOff);
    await until(() => simulator.requests()[0]?.durationMs === 0);
    expect(simulator.requests()[0]).toMatchObject({ status: null, whole: false });
    expect(clock.sleepers()).toEqual([]);
  });
});

test('close cuts stalled answers and frees the port at once', async () => {
  simulator.setFault('*', { kind: 'no-answer' });
  const broken = poll().catch((error: unknown) => error);
  await until(() => simulator.requests().length === 1);
  const { port } = new URL(simulator.url);
  await simulator.close();
  expect(await broken).toBeInstanceOf(BrokenOff);
  simulator = await createSimulator({ scenarios: [demo], clock, port: Number(port) });
  expect((await poll()).status).toBe(200);
});

test('a taken port is an error and not a crash', async () => {
  const { port } = new URL(simulator.url);
  await expect(createSimulator({ scenarios: [], clock, port: Number(port) })).rejects.toThrow('EADDRINUSE');
});
