import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners, once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RUN_ID } from '../../../builders/model-builders.ts';
import { eventually } from '../../../support/eventually.ts';
import { completedPayload } from '../../payloads.ts';
import { listen, sourceAt } from '../raw-server.ts';

const SHUTDOWN = new Error('shutdown');

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}

/** Aborts while the poll waits and says how long the rejection took. */
async function abortDuring(url: string, waiting: () => Promise<unknown>): Promise<number> {
  const shutdown = new AbortController();
  const { signal } = shutdown;
  const polling = sourceAt(url, { timeoutMs: 60_000 }).fetchResult(RUN_ID, { priorDigest: null, signal });
  const rejection = polling.catch((error: unknown) => error);
  await waiting();
  const start = performance.now();
  shutdown.abort(SHUTDOWN);
  expect(await rejection).toBe(SHUTDOWN);
  return performance.now() - start;
}

/** Takes connections and says nothing, so that TLS never begins: the connection is being made for as long as the test runs. */
async function listenWithoutTls(): Promise<{ url: string; server: ReturnType<typeof createTcpServer> }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => void sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** On a busy machine. By itself each of these polls would go on for longer. */
const AT_ONCE_MS = 5000;

describe('a shutdown', () => {
  it('while the API is silent rejects at once, and the connection goes', async () => {
    const { url, server } = await listen(() => {});
    const connected = once(server, 'connection');
    expect(await abortDuring(url, () => once(server, 'request'))).toBeLessThan(AT_ONCE_MS);
    const [socket] = (await connected) as [{ destroyed: boolean }];
    await eventually(() => socket.destroyed);
  });

  it('while the connection is being made rejects at once', async () => {
    const { url, server } = await listenWithoutTls();
    expect(await abortDuring(url, () => once(server, 'connection'))).toBeLessThan(AT_ONCE_MS);
  });

  it('while the body stalls rejects at once', async () => {
    const { url, server } = await listen((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
    });
    expect(await abortDuring(url, () => once(server, 'request'))).toBeLessThan(AT_ONCE_MS);
  });

  it('while an error body stalls rejects at once', async () => {
    const { url, server } = await listen((_, response) => {
      response.writeHead(500, { 'content-length': '100' }).write('{');
    });
    expect(await abortDuring(url, () => once(server, 'request'))).toBeLessThan(AT_ONCE_MS);
  });

  it('between short retries rejects at once and asks no more', async () => {
    let requests = 0;
    const { url } = await listen((_, response) => {
      requests += 1;
      response.writeHead(500).end();
    });
    const before = timers();
    const answered = Promise.withResolvers<void>();
    const onAnswer = () => answered.resolve();
    subscribe('undici:request:trailers', onAnswer);
    await abortDuring(url, async () => {
      await answered.promise;
      unsubscribe('undici:request:trailers', onAnswer);
      // From the end of the answer to the wait before the next request: a few turns.
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    });
    expect(requests).toBe(1);
    // Nor is a request left to come.
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('before the poll begins asks nothing at all', async () => {
    let requests = 0;
    const { url } = await listen((_, response) => {
      requests += 1;
      response.end();
    });
    const signal = AbortSignal.abort(SHUTDOWN);
    await expect(sourceAt(url).fetchResult(RUN_ID, { priorDigest: null, signal })).rejects.toBe(SHUTDOWN);
    expect(requests).toBe(0);
  });
});

describe('the deadline', () => {
  it('covers the making of the connection', async () => {
    const { url } = await listenWithoutTls();
    const start = performance.now();
    const { signal } = new AbortController();
    const answer = await sourceAt(url, { timeoutMs: 200 }).fetchResult(RUN_ID, { priorDigest: null, signal });
    expect(answer).toEqual({ kind: 'unavailable', reason: `${url}: no complete answer in time` });
    expect(performance.now() - start).toBeLessThan(AT_ONCE_MS);
  });
});

describe('many polls under one signal that lives as long as the program', () => {
  it('leave no listener, no running timer and no memory behind', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const { url } = await listen((_, response) => response.end(JSON.stringify(completedPayload())));
    const source = sourceAt(url, { timeoutMs: 150 });
    const { signal } = new AbortController();
    const before = timers();
    const polls = async (count: number) => {
      for (let poll = 0; poll < count; poll++) {
        await source.fetchResult(RUN_ID, { priorDigest: null, signal });
      }
    };
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    await polls(300);
    const heapBefore = heap();
    await polls(1500);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(timers()).toBeLessThanOrEqual(before);
    expect(warnings).toEqual([]);
    process.off('warning', onWarning);
    // Composed signals are let go with their deadlines: a leak of half a kilobyte a poll would show.
    await eventually(() => heap() - heapBefore < 750_000, { what: 'the heap coming back' });
  });
});
