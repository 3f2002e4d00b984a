import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome } from '../../../../src/deliver/sink.ts';
import { listen } from '../../../poll/findall/raw-server.ts';
import { receive, send } from '../webhook.ts';

/** The outcome of a delivery that is answered so. */
async function answeredWith(respond: RequestListener, timeoutMs = 5000): Promise<DeliveryOutcome> {
  const { url } = await listen(respond);
  return await send(url, { timeoutMs });
}

describe('a receiver that', () => {
  it.each([
    ['{"error":"no such field: label"}', 'HTTP 422: {"error":"no such field: label"}'],
    ['<html><body>no</body></html>', 'HTTP 422'],
  ])('rejects with %s is quoted, so that it can be fixed; a page is not', async (text, reason) => {
    const outcome = await answeredWith((_, response) => void response.writeHead(422).end(text));
    expect(outcome).toEqual({ kind: 'rejected', reason });
  });

  it('takes the message and never answers is tried again', async () => {
    expect(await answeredWith((request) => request.resume(), 300)).toEqual({
      kind: 'retry',
      reason: expect.stringMatching(/^no answer from http:\/\/127\.0\.0\.1:\d+ within 300 ms$/),
    });
  });

  it('says 200 and never ends its answer has taken the message', async () => {
    const start = performance.now();
    const outcome = await answeredWith((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('o');
    }, 1000);
    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('says 200 and pours out an endless answer has taken the message, and is hung up on', async () => {
    const closed = Promise.withResolvers<void>();
    const outcome = await answeredWith((_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
      };
      response.on('drain', pour).on('close', () => closed.resolve());
      pour();
    });
    expect(outcome).toMatchObject({ kind: 'delivered' });
    await closed.promise;
  });

  it('says 503 and never ends its answer is tried again for that reason', async () => {
    const outcome = await answeredWith((_, response) => {
      response.writeHead(503, { 'content-length': '100', 'retry-after': '3' }).write('o');
    }, 1000);
    expect(outcome).toEqual({ kind: 'retry', reason: 'HTTP 503', retryAfterMs: 3000 });
  });

  it('cuts the connection is tried again', async () => {
    const outcome = await answeredWith((request) => request.socket.destroy());
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('UND_ERR_SOCKET') });
  });

  it('is not there is tried again', async () => {
    const { url, server } = await listen(() => {});
    await new Promise((resolve) => {
      server.close(resolve);
    });
    expect(await send(url)).toMatchObject({
      kind: 'retry',
      reason: `${url}: connection refused (ECONNREFUSED)`,
    });
  });

  it('redirects is tried again, and the message goes nowhere else', async () => {
    const elsewhere = await receive();
    for (const status of [301, 302, 307, 308]) {
      const { url } = await listen((_, response) => {
        response.writeHead(status, { location: elsewhere.url }).end();
      });
      expect(await send(url)).toMatchObject({ kind: 'retry' });
    }
    expect(elsewhere.deliveries).toEqual([]);
  });
});

describe('a shutdown', () => {
  it('while the receiver is silent rejects at once: the attempt is given back', async () => {
    const { url, server } = await listen(() => {});
    const shutdown = new AbortController();
    const rejection = send(url, { timeoutMs: 60_000 }, shutdown.signal).catch((error: unknown) => error);
    await once(server, 'request');
    const start = performance.now();
    shutdown.abort(new Error('shutdown'));
    expect(await rejection).toEqual(new Error('shutdown'));
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('after the receiver has said 200 does not undo the delivery', async () => {
    const { url } = await listen((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('o');
    });
    const heard = Promise.withResolvers<void>();
    const onHeaders = () => heard.resolve();
    subscribe('undici:request:headers', onHeaders);
    const shutdown = new AbortController();
    const outcome = send(url, { timeoutMs: 60_000 }, shutdown.signal);
    await heard.promise;
    unsubscribe('undici:request:headers', onHeaders);
    // From the socket to the caller: a few turns.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    shutdown.abort(new Error('shutdown'));
    expect(await outcome).toMatchObject({ kind: 'delivered' });
  });
});

describe('what is secret in the URL', () => {
  const SECRETS = ['canary-user', 'canary-pass', 'canary-path', 'canary-query'];

  it('travels as basic authentication where it is a credential', async () => {
    const receiver = await receive();
    const url = new URL(receiver.url);
    url.username = 'crm@home';
    url.password = 'p:ss w/rd%';
    expect(await send(url.href)).toMatchObject({ kind: 'delivered' });
    const [scheme, pair = ''] = receiver.deliveries[0]?.headers.authorization?.split(' ') ?? [];
    expect([scheme, Buffer.from(pair, 'base64').toString()]).toEqual(['Basic', 'crm@home:p:ss w/rd%']);
  });

  it('may hold a per cent sign that encodes nothing', async () => {
    const receiver = await receive();
    await send(receiver.url.replace('//', '//crm:100%@'));
    const pair = receiver.deliveries[0]?.headers.authorization?.split(' ')[1] ?? '';
    expect(Buffer.from(pair, 'base64').toString()).toBe('crm:100%');
  });

  it('is in no reason, with any failure', async () => {
    const secretly = (url: string) =>
      `${url.replace('//', '//canary-user:canary-pass@')}/canary-path?token=canary-query`;
    const outcomes: DeliveryOutcome[] = [];
    const silent = await listen(() => {});
    outcomes.push(await send(secretly(silent.url), { timeoutMs: 100 }));
    const cutting = await listen((request) => request.socket.destroy());
    outcomes.push(await send(secretly(cutting.url)));
    outcomes.push(await send(secretly('http://127.0.0.1:1')));
    outcomes.push(await send(secretly('http://no-such-host.invalid')));
    for (const status of [302, 400, 401, 410, 500]) {
      const { url } = await listen((request, response) => {
        response.writeHead(status, { location: '/canary-path' }).end(`no ${request.url}`);
      });
      outcomes.push(await send(secretly(url)));
    }
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      ...['retry', 'retry', 'retry', 'retry', 'retry'],
      ...['rejected', 'retry', 'stopped', 'retry'],
    ]);
    for (const secret of SECRETS) expect(JSON.stringify(outcomes)).not.toContain(secret);
  });
});
