import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createFindallSource } from '../../../src/poll/findall/findall-source.ts';
import type { SchemaAnswer } from '../../../src/poll/source.ts';
import { scenarioNamed } from '../../../src/simulator/scenario/scenarios.ts';
import { createSimulator } from '../../../src/simulator/simulator.ts';

const never = new AbortController().signal;
const KEY = 'a-long-key-of-this-test';

function schemaAt(baseUrl: string, more: { key?: string; id?: string; timeoutMs?: number } = {}) {
  const { key = KEY, id = 'findall_a', timeoutMs = 5000 } = more;
  const limits = { timeoutMs, maxBodyBytes: 50_000_000, memoryBytes: 50_000_000 };
  const chance = { clock: systemClock, random: () => 0.5 };
  const source = createFindallSource({ baseUrl, key, ...limits, userAgent: 'test', ...chance });
  return source.fetchSchema(id, never);
}

/** Where `answer` answers. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('what a run was asked for is in its schema', async () => {
  const scenarios = ['demo', 'revived'].flatMap((name) => scenarioNamed(name) ?? []);
  const simulator = await createSimulator({ scenarios, clock: systemClock, apiKey: KEY });
  onTestFinished(() => simulator.close());
  const [demo = '', revived = ''] = simulator.runIds();

  expect(await schemaAt(simulator.url, { id: demo })).toMatchObject({
    kind: 'schema',
    objective: expect.stringContaining('startups') as string,
    matchLimit: 6,
  });
  expect(await schemaAt(simulator.url, { id: revived })).toMatchObject({ kind: 'schema', matchLimit: null });
  expect(await schemaAt(simulator.url, { id: demo, key: 'wrong' })).toMatchObject({ kind: 'failed' });
  expect(await schemaAt(simulator.url, { id: 'findall_nobody' })).toEqual({
    kind: 'failed',
    reason: 'HTTP 404: FindAll run not found',
  });
  await simulator.close();
  expect(await schemaAt(simulator.url, { id: demo })).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(
      /^http:\/\/127\.0\.0\.1:\d+: (connection refused|the connection was closed) \(/,
    ) as string,
  });
});

test.each<[string, SchemaAnswer]>([
  ['{"match_limit":"6","objective":7}', { kind: 'schema', objective: null, matchLimit: null }],
  ['{"match_limit":0,"objective":""}', { kind: 'schema', objective: null, matchLimit: null }],
  ['{"match_limit":1.5}', { kind: 'schema', objective: null, matchLimit: null }],
  ['{"objective":"lighthouses"}', { kind: 'schema', objective: 'lighthouses', matchLimit: null }],
  ['null', { kind: 'failed', reason: 'a body that is not a schema' }],
  ['[]', { kind: 'failed', reason: 'a body that is not a schema' }],
  ['<p>', { kind: 'failed', reason: 'a body that is not JSON' }],
  ['{"match_limit":7', { kind: 'failed', reason: 'a body that is not JSON' }],
])('a schema that is %s', async (body, expected) => {
  const url = await serve((_, response) => response.end(body));
  const at = expected.kind === 'failed' ? { reason: `${url}: ${expected.reason}` } : {};
  expect(await schemaAt(url)).toEqual({ ...expected, ...at });
});

test('a schema of a megabyte and more is refused, compressed or not', async () => {
  const large = JSON.stringify({ objective: 'x'.repeat(1_000_001) });
  const reason = 'a body over 1000000 bytes';
  const plain = await serve((_, response) => response.end(large));
  expect(await schemaAt(plain)).toEqual({ kind: 'failed', reason: `${plain}: ${reason}` });
  const folded = await serve((_, response) => {
    response.setHeader('content-encoding', 'gzip').end(gzipSync(large));
  });
  expect(await schemaAt(folded)).toEqual({ kind: 'failed', reason: `${folded}: ${reason}` });
});

test('a long objective is cut', async () => {
  const long = JSON.stringify({ objective: 'x'.repeat(20_000) });
  const answer = await schemaAt(await serve((_, response) => response.end(long)));
  expect(answer).toMatchObject({ objective: 'x'.repeat(10_000) });
});

test('an answer that quotes the key is masked, and one that never comes is given up', async () => {
  const quoting = await serve((_, response) => {
    response.writeHead(401).end(JSON.stringify({ error: { message: `no such key: ${KEY}` } }));
  });
  expect(JSON.stringify(await schemaAt(quoting))).not.toContain(KEY);
  const silent = await serve(() => undefined);
  expect(await schemaAt(silent, { timeoutMs: 50 })).toEqual({
    kind: 'failed',
    reason: `${silent}: no complete answer in time`,
  });
});
