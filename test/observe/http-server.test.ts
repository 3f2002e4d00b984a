import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { jsonLines } from '../support/program-sandbox.ts';
import { BEARER, startWatchedDaemon, type WatchedDaemon } from './watched-daemon.ts';

/** Sends with headers of one's own choice, which `fetch` does not allow; from another address of this machine if asked. */
async function ask(
  url: string,
  {
    path = '/livez',
    headers = {},
    from = '127.0.0.1',
  }: { path?: string; headers?: Record<string, string>; from?: string },
): Promise<{ status: number | undefined; body: string }> {
  const sent = request(`${url}${path}`, { headers, localAddress: from, agent: false });
  const [answer] = (await once(sent.end(), 'response')) as [IncomingMessage];
  return { status: answer.statusCode, body: await text(answer) };
}

/** A connection that has sent one byte, and goes on sending none. */
async function openSilent(url: string, from: string): Promise<Socket> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress: from });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write('G');
  return socket;
}

const isOpen = ({ destroyed, readableEnded }: Socket): boolean => !destroyed && !readableEnded;

function logged({ daemon }: WatchedDaemon, msg: string): Record<string, unknown>[] {
  return jsonLines<Record<string, unknown>>(daemon.stdout()).filter((line) => line['msg'] === msg);
}

test('300 silent connections keep nobody from asking, and each address has a part of them', async () => {
  const watched = await startWatchedDaemon({ scenarios: ['never-ends'] });
  const { url } = watched;
  const stream = await fetch(`${url}/v1/events`, { headers: { ...BEARER, accept: 'text/event-stream' } });
  const silent: Socket[] = [];
  for (let count = 0; count < 300; count += 1) silent.push(await openSilent(url, '127.0.0.2'));

  expect(await ask(url, {})).toEqual({ status: 200, body: 'ok\n' });
  expect(await ask(url, { from: '127.0.0.2' })).toEqual({ status: 200, body: 'ok\n' });
  expect(
    (await watched.runProcess(['healthcheck'], { FINDALL_WATCH_HTTP_PORT: new URL(url).port })).code,
  ).toBe(0);
  await eventually(() => silent.filter(isOpen).length <= 64);
  // The oldest had to go.
  expect(silent.slice(-60).every(isOpen)).toBe(true);

  for (let address = 3; address < 9; address += 1)
    for (let count = 0; count < 60; count += 1) silent.push(await openSilent(url, `127.0.0.${address}`));
  await eventually(() => silent.filter(isOpen).length <= 256);
  expect(await ask(url, {})).toEqual({ status: 200, body: 'ok\n' });
  // An open stream is not what has waited.
  const reader = stream.body?.getReader();
  expect((await reader?.read())?.done).toBe(false);
  await reader?.cancel();
  const lines = logged(watched, 'too many connections; the oldest ones are closed');
  expect(lines).toMatchObject([{ address: '127.0.0.2', limit: 64, closed: 1 }]);
});

test('a request by a name that is not ours is refused on every route', async () => {
  const watched = await startWatchedDaemon({
    scenarios: ['never-ends'],
    env: { FINDALL_WATCH_HTTP_HOSTS: 'watch.example, Other.Example' },
  });
  const { url } = watched;
  const port = new URL(url).port;
  const asked = async (host: string, path = '/livez') =>
    (await ask(url, { path, headers: { host, ...BEARER } })).status;

  for (const path of [
    '/livez',
    '/readyz',
    '/metrics',
    '/v1/openapi.json',
    '/v1/runs',
    '/v1/events',
    '/nothing',
  ])
    expect([path, await asked('attacker.example', path)]).toEqual([path, 421]);
  const ours = ['localhost', 'LOCALHOST.', `localhost:${port}`, '127.0.0.1', `[::1]:${port}`];
  for (const host of [...ours, 'watch.example', `other.example:${port}`])
    expect([host, await asked(host)]).toEqual([host, 200]);
  for (const host of [
    'localhost.attacker.example',
    '127.0.0.1.attacker.example',
    '192.0.2.1',
    'a b',
    'x@localhost',
  ])
    expect([host, await asked(host)]).toEqual([host, 421]);
  expect((await ask(url, { headers: { host: 'attacker.example' } })).body).toContain('http.hosts');
});

test('who guesses the token is logged, but not as often', async () => {
  const watched = await startWatchedDaemon({ scenarios: ['never-ends'] });
  for (let guess = 0; guess < 50; guess += 1) {
    const headers = { authorization: `Bearer a-guess-with-number-${guess}` };
    expect((await ask(watched.url, { path: '/v1/runs', headers })).status).toBe(401);
  }
  expect(logged(watched, 'request without the token refused')).toMatchObject([
    { level: 'warn', address: '127.0.0.1', times: 1 },
  ]);
  expect(watched.daemon.stdout()).not.toContain('a-guess');
});
