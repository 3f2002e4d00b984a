import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { eventually } from '../../support/eventually.ts';
import { jsonLines, openSandbox } from '../../support/program-sandbox.ts';

const NO_DAEMON =
  'findall-watch: no daemon is running: nothing is polled or delivered (start one: findall-watch serve)\n';

/** The origin of a server that is no simulator, for as long as the test runs. */
async function listen(respond: RequestListener): Promise<string> {
  const server = createServer(respond);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a run that the API knows is tracked, and it is said that no daemon is running', async () => {
  const { run, ids, simulator } = await openSandbox({ scenarios: ['never-ends'] });
  expect(await run(['track', ids[0]])).toMatchObject({
    ...{ code: 0, stdout: `${ids[0]} tracked\n`, stderr: NO_DAEMON },
  });
  expect(simulator.requestCount(ids[0])).toBe(1);
});

test('beside a daemon nothing is said but what is tracked', async () => {
  const { run, start, ids } = await openSandbox({ scenarios: ['never-ends'] });
  await start(['serve']).says('"started"');
  expect(await run(['track', ids[0]])).toMatchObject({ stdout: `${ids[0]} tracked\n`, stderr: '' });
});

test('a run that the API denies is refused with what to do, and so are those beside it', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['never-ends'] });
  const { code, stdout, stderr } = await run(['track', ids[0], 'findall_9999']);
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  expect(stderr).toMatch(/^findall-watch: the FindAll API does not know findall_9999 \(HTTP 404: .+\)\n/);
  expect(stderr).toContain('To track without asking: findall-watch track --no-verify findall_9999\n');
  expect(stderr).not.toContain(ids[0]);
  expect((await run(['runs', '--json'])).stdout).toBe('');
});

test('with --no-verify the API is not asked', async () => {
  const { run, simulator } = await openSandbox({ scenarios: ['never-ends'] });
  expect(await run(['track', '--no-verify', 'findall_9999'])).toMatchObject({
    ...{ code: 0, stdout: 'findall_9999 tracked\n', stderr: NO_DAEMON },
  });
  expect(simulator.requestCount()).toBe(0);
});

test('a run of which a snapshot is recorded needs no question', async () => {
  const { run, ids, simulator } = await openSandbox({ scenarios: ['low-match-rate'] });
  await run(['follow', ids[0]]);
  const asked = simulator.requestCount();
  expect(await run(['track', ids[0], '--label', 'again'])).toMatchObject({ code: 0 });
  expect(simulator.requestCount()).toBe(asked);
});

test('without a key a run is tracked, and it is said that it could not be checked', async () => {
  const { run } = await openSandbox({ scenarios: [] });
  const { code, stdout, stderr } = await run(['track', 'findall_9999'], { PARALLEL_API_KEY: '' });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'findall_9999 tracked\n' });
  expect(stderr).toBe(
    `findall-watch: findall_9999 is tracked, but could not be checked with the FindAll API: there is no API key (set PARALLEL_API_KEY)\n${NO_DAEMON}`,
  );
});

test('without a network a run is tracked, and the address that was asked is named', async () => {
  const { run } = await openSandbox({ scenarios: [] });
  const url = `http://127.0.0.1:${await freePort()}`;
  const { code, stderr } = await run(['track', 'findall_a', 'findall_b'], { PARALLEL_BASE_URL: url });
  expect(code).toBe(0);
  expect(stderr).toContain(
    `findall_a, findall_b are tracked, but could not be checked with the FindAll API: ${url}: connection refused (ECONNREFUSED)\n`,
  );
});

test.each([
  ['a refused key', 401, '{"error":{"message":"bad key"}}', 'HTTP 401: bad key'],
  ['a page', 200, '<p>Sign in</p>', 'does not answer like the FindAll API; check PARALLEL_BASE_URL'],
  ['another run', 200, '{"findall_id":"findall_b"}', 'does not answer like the FindAll API'],
  ['a 404 of something else', 404, 'Not Found', 'does not answer like the FindAll API'],
  ['a server that fails', 503, 'busy', ': HTTP 503: busy'],
])('an answer that does not say whether the run is there denies none: %s', async (_, status, body, says) => {
  const { run } = await openSandbox({ scenarios: [] });
  const url = await listen((_request, response) => response.writeHead(status).end(body));
  const { code, stdout, stderr } = await run(['track', 'findall_a'], { PARALLEL_BASE_URL: url });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'findall_a tracked\n' });
  expect(stderr).toContain('could not be checked with the FindAll API');
  expect(stderr).toContain(says);
});

test('an interruption ends the question, and nothing is tracked', async () => {
  const { run, startHere } = await openSandbox({ scenarios: [] });
  let asked = false;
  const url = await listen(() => {
    asked = true;
  });
  const track = startHere(['track', 'findall_a'], { env: { PARALLEL_BASE_URL: url } });
  await eventually(() => asked);
  track.kill('SIGINT');
  expect(await track.exited).toEqual({ code: 130, signal: null });
  expect((await run(['runs', '--json'])).stdout).toBe('');
});

test('a daemon notices by itself what track and untrack change, long before its next poll', async () => {
  const { run, start, ids, simulator } = await openSandbox({ scenarios: ['never-ends'] });
  const daemon = start(['serve'], {
    FINDALL_WATCH_POLL_INTERVAL: '1h',
    FINDALL_WATCH_POLL_MAX_INTERVAL: '1h',
  });
  await daemon.says('"started"');
  const name = `Grid storage (${ids[0]})`;
  const tracked = await run(['track', ids[0], '--label', 'Grid storage', '--interval', '50ms']);
  expect(tracked).toMatchObject({ code: 0, stdout: `${name} tracked\n`, stderr: '' });
  await eventually(() => simulator.requestCount(ids[0]) > 0);
  await eventually(() => daemon.stdout().includes('"label":"Grid storage"'));

  const untracked = await run(['untrack', ids[0]]);
  expect(untracked).toMatchObject({ code: 0, stdout: `${name} untracked\n` });
  const polls = simulator.requestCount(ids[0]);
  const again = await run(['untrack', ids[0]]);
  expect(again).toMatchObject({ code: 0, stdout: `${name} was not tracked\n` });
  expect(simulator.requestCount(ids[0])).toBe(polls);
  const resumed = await run(['track', ids[0]]);
  expect(resumed.stdout).toBe(`${name} resumed\n`);
  await eventually(() => simulator.requestCount(ids[0]) > polls);
});

test('a label in decomposed Unicode is recorded composed', async () => {
  const { run, ids } = await openSandbox({ scenarios: ['never-ends'] });
  await run(['track', ids[0], '--label', 'cafe\u0301']);
  expect(jsonLines((await run(['runs', '--json'])).stdout)).toMatchObject([{ label: 'café' }]);
});

test('track of an ended run looks again and reports what has come since', async () => {
  const { run, start, ids, simulator } = await openSandbox({
    scenarios: ['revived'],
    timeScale: 6,
    beginsWithFirstPoll: true,
  });
  const follow = await run(['follow', ids[0], '--json']);
  expect(jsonLines<RunEvent>(follow.stdout).at(-1)).toMatchObject({
    type: 'findall.run.completed',
    episode: 1,
  });
  await eventually(() => simulator.elapsedMs() > 18_000);
  const daemon = start(['serve']);
  await daemon.says('"started"');
  const polls = simulator.requestCount();
  await run(['track', ids[0]]);
  await daemon.says('"name":"Amber Interval"');
  expect(simulator.requestCount()).toBeGreaterThan(polls);
});

test.each([
  [['--interval', '1ms'], 'a duration from 50ms to 1h'],
  [['--interval', '999999999d'], 'a duration from 50ms to 1h'],
  [['--interval', 'soon'], 'a duration from 50ms to 1h'],
  [['--label', '  '], '1 to 200 characters'],
])('track %j is refused with what is allowed, and nothing is tracked', async (options, allowed) => {
  const { run, ids } = await openSandbox({ scenarios: ['never-ends'] });
  const { code, stderr } = await run(['track', ids[0], ...options]);
  expect(code).toBe(64);
  expect(stderr).toContain(allowed);
  expect((await run(['runs', '--json'])).stdout).toBe('');
});
