import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createMatchLimits } from '../../src/commands/match-limits.ts';
import { fetchMatchLimit } from '../../src/poll/fetch-match-limit.ts';
import { scenarioNamed } from '../../src/simulator/scenarios.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { trackedRun } from '../present/samples.ts';
import { eventually } from '../support/eventually.ts';

const never = new AbortController().signal;

test('the match limit is learned from the schema of the run, and unknown where that does not tell', async () => {
  const scenarios = ['demo', 'revived'].flatMap((name) => scenarioNamed(name) ?? []);
  const simulator = await createSimulator({ scenarios, clock: systemClock, apiKey: 'right' });
  onTestFinished(() => simulator.close());
  const limitOf = (id: string, key = 'right') =>
    fetchMatchLimit({ baseUrl: simulator.url, key, userAgent: 'test' }, id, never);
  const [demo = '', revived = ''] = simulator.runIds();
  expect(await limitOf(demo)).toBe(6);
  expect(await limitOf(revived)).toBe(null);
  expect(await limitOf(demo, 'wrong')).toBe(null);
  expect(await limitOf('findall_nobody')).toBe(null);
  await simulator.close();
  expect(await limitOf(demo)).toBe(null);
});

test.each([
  '{"match_limit":"6"}',
  '{"match_limit":0}',
  '{"match_limit":1.5}',
  'null',
  '[]',
  '<p>',
  '{"match_limit":7',
])('a schema that is %s tells no limit', async (body) => {
  const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await fetchMatchLimit({ baseUrl, key: 'k', userAgent: 'test' }, 'findall_a', never)).toBe(null);
});

test('a run is asked about once, and again in a new episode or when its limit is reached and it goes on', async () => {
  const asked: string[] = [];
  const limits = createMatchLimits((id) => {
    asked.push(id);
    return Promise.resolve(6);
  });
  async function asksOf(run: ReturnType<typeof trackedRun>, now: number): Promise<number> {
    const before = asked.length;
    limits.learn([run], now);
    await eventually(() => limits.limitOf(run.findallId) === 6);
    return asked.length - before;
  }
  expect(limits.limitOf('findall_a')).toBe(null);
  expect(await asksOf(trackedRun(), 0)).toBe(1);
  expect(await asksOf(trackedRun({ matched: 5 }), 100_000)).toBe(0);
  expect(await asksOf(trackedRun({ matched: 6 }), 200_000)).toBe(1);
  expect(await asksOf(trackedRun({ matched: 6 }), 200_100)).toBe(0);
  expect(await asksOf(trackedRun({ episode: 2 }), 200_200)).toBe(1);
  expect(await asksOf(trackedRun({ status: 'completed', episode: 3 }), 300_000)).toBe(0);
});
