import { createServer as createTlsServer } from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeliveryOutcome, Sink } from '../../src/deliver/sink.ts';
import { createDiscordSink } from '../../src/sinks/discord/discord-sink.ts';
import { createNtfySink } from '../../src/sinks/ntfy/ntfy-sink.ts';
import { createSlackSink } from '../../src/sinks/slack/slack-sink.ts';
import { createTeamsSink } from '../../src/sinks/teams/teams-sink.ts';
import { createTelegramSink } from '../../src/sinks/telegram/telegram-sink.ts';
import { listen, pour } from '../poll/findall/raw-server.ts';
import { eventually } from '../support/eventually.ts';
import {
  openProxy,
  PROXY_AUTHORIZATION,
  type ProxyFault,
  startForwardProxy,
} from '../support/servers/forward-proxy.ts';
import { matchEvent } from '../builders/event-builders.ts';
import { certificate, trustCertificateHere } from '../sinks/email/mail-server.ts';
import { POSTED } from '../sinks/packed.ts';
import { receive, sinkTo, send } from '../sinks/webhook/webhook.ts';

trustCertificateHere();

/** An HTTPS receiver with a certificate that this process trusts. */
async function listenTls(respond: RequestListener): Promise<{ url: string; host: string }> {
  const server = createTlsServer({ ...certificate(), ALPNProtocols: ['h2', 'http/1.1'] }, respond);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `https://${host}`, host };
}

/** The schemes of a target, each with an address that takes everything. */
const TARGETS = {
  http: async () => await listen((_, response) => response.writeHead(200).end('ok')),
  https: async () => await listenTls((_, response) => response.writeHead(200).end('ok')),
} as const;
const SCHEMES = ['http', 'https'] as const;

function aContext(signal = new AbortController().signal) {
  return { attempt: 1, signal };
}

describe('a message through a proxy', () => {
  it('to a plain address is asked for by the whole of it, with the credentials for the proxy only', async () => {
    const [proxy, receiver] = [await openProxy(), await receive()];
    expect(await send(`${receiver.url}?a=b`, { proxy: proxy.url })).toMatchObject({ kind: 'delivered' });
    expect(proxy.seen).toEqual([
      { method: 'POST', target: `${receiver.url}?a=b`, authorization: PROXY_AUTHORIZATION },
    ]);
    expect(receiver.deliveries[0]?.body).toEqual(matchEvent());
    expect(receiver.deliveries[0]?.headers['proxy-authorization']).toBeUndefined();
  });

  it('to an encrypted address goes by CONNECT, and the proxy sees nothing of it', async () => {
    const proxy = await openProxy();
    const seen: unknown[] = [];
    const { url, host } = await listenTls((request, response) => {
      seen.push([request.httpVersion, request.url, request.headers['proxy-authorization']]);
      response.end('ok');
    });
    const outcome = await send(`${url}/canary-path`, { proxy: proxy.url });
    expect(outcome).toEqual({ kind: 'delivered', answer: 'HTTP 200: ok' });
    expect(proxy.seen).toEqual([{ method: 'CONNECT', target: host, authorization: PROXY_AUTHORIZATION }]);
    expect(seen).toEqual([['1.1', '/canary-path', undefined]]);
  });

  it.each(SCHEMES)('may go to the proxy encrypted: %s', async (scheme) => {
    const { url } = await TARGETS[scheme]();
    const proxy = await startForwardProxy(certificate());
    onTestFinished(() => proxy.close());
    expect(await send(url, { proxy: proxy.url })).toMatchObject({ kind: 'delivered' });
    expect(proxy.seen).toMatchObject([{ authorization: PROXY_AUTHORIZATION }]);
  });

  it('needs no credentials', async () => {
    const [proxy, receiver] = [await openProxy(), await receive()];
    expect(await send(receiver.url, { proxy: proxy.origin })).toMatchObject({ kind: 'delivered' });
    expect(proxy.seen[0]?.authorization).toBeUndefined();
  });

  it.each(SCHEMES)('shares its connection with later ones: %s', async (scheme) => {
    const [proxy, { url }] = [await openProxy(), await TARGETS[scheme]()];
    const sink = sinkTo(url, { proxy: proxy.url });
    for (let n = 0; n < 6; n++) await sink.deliver([matchEvent()], aContext());
    // The next one may be quicker than the end of an answer.
    expect(await proxy.connections()).toBeLessThanOrEqual(2);
    await sink.close();
    await eventually(async () => (await proxy.connections()) === 0);
  });

  it('is not led elsewhere by a redirect', async () => {
    const [proxy, elsewhere] = [await openProxy(), await receive()];
    const { url } = await listen((_, response) => {
      response.writeHead(307, { location: elsewhere.url }).end();
    });
    expect(await send(url, { proxy: proxy.url })).toMatchObject({ kind: 'retry' });
    expect(elsewhere.deliveries).toEqual([]);
  });

  it('whose answer has no end is delivered, and hung up on', async () => {
    const proxy = await openProxy();
    const closed = Promise.withResolvers<void>();
    const { url } = await listen((_, response) => {
      response.on('close', () => closed.resolve());
      pour(response);
    });
    expect(await send(url, { proxy: proxy.url })).toMatchObject({ kind: 'delivered' });
    await closed.promise;
  });
});

describe('every sink that posts goes through its proxy', () => {
  const common = (proxy: string) => ({ ...POSTED, proxy });
  it.each<[string, (url: string, proxy: string) => Sink]>([
    ['slack', (url, proxy) => createSlackSink({ ...common(proxy), url })],
    ['discord', (url, proxy) => createDiscordSink({ ...common(proxy), url })],
    ['teams', (url, proxy) => createTeamsSink({ ...common(proxy), url })],
    ['ntfy', (url, proxy) => createNtfySink({ ...common(proxy), url: `${url}/topic`, token: null })],
    [
      'telegram',
      (url, proxy) =>
        createTelegramSink({ ...common(proxy), apiUrl: url, token: '1:canary', chat: '1', topic: null }),
    ],
  ])('%s', async (_, make) => {
    const [proxy, { url }] = [await openProxy(), await TARGETS.http()];
    const sink = make(url, proxy.url);
    expect(await sink.deliver([matchEvent()], aContext())).toMatchObject({ kind: 'delivered' });
    expect(proxy.seen).toMatchObject([{ method: 'POST', authorization: PROXY_AUTHORIZATION }]);
    await sink.close();
    await eventually(async () => (await proxy.connections()) === 0);
  });
});

describe('a proxy that', () => {
  it.each(SCHEMES)('is not there is named: %s', async (scheme) => {
    const { url } = await TARGETS[scheme]();
    const proxy = await startForwardProxy();
    await proxy.close();
    expect(await send(url, { proxy: proxy.url })).toEqual({
      kind: 'retry',
      reason: `${url} through the proxy ${proxy.origin}: connection refused (ECONNREFUSED)`,
    });
  });

  it('has a name nobody knows is named', async () => {
    const outcome = await send('https://crm.example', { proxy: 'http://u:canary@proxy.invalid:3128' });
    expect(outcome).toEqual({
      kind: 'retry',
      reason: expect.stringMatching(
        /^https:\/\/crm\.example through the proxy http:\/\/proxy\.invalid:3128: host name /,
      ),
    });
  });

  it.each(SCHEMES)('wants another login says so: %s', async (scheme) => {
    const [proxy, { url }] = [await openProxy({ status: 407 }), await TARGETS[scheme]()];
    expect(await send(url, { proxy: proxy.url })).toEqual({
      kind: 'retry',
      reason: `${url} through the proxy ${proxy.origin}: it wants a login: check the credentials of \`proxy\` (HTTP 407)`,
    });
  });

  it.each([403, 502, 503])('refuses the tunnel with %i is named', async (status) => {
    const [proxy, { url }] = [await openProxy({ status }), await TARGETS.https()];
    expect(await send(url, { proxy: proxy.url })).toEqual({
      kind: 'retry',
      reason: `${url} through the proxy ${proxy.origin}: it does not let this through (HTTP ${status})`,
    });
  });

  it('answers a plain request itself is taken for the receiver', async () => {
    const [proxy, { url }] = [await openProxy({ status: 403 }), await TARGETS.http()];
    expect(await send(url, { proxy: proxy.url })).toEqual({ kind: 'retry', reason: 'HTTP 403' });
  });

  it.each(SCHEMES)('hangs up is named: %s', async (scheme) => {
    const [proxy, { url }] = [await openProxy('hangs up'), await TARGETS[scheme]()];
    expect(await send(url, { proxy: proxy.url })).toEqual({
      kind: 'retry',
      reason: expect.stringMatching(/ through the proxy \S+: the connection /),
    });
  });

  it.each(SCHEMES)('stalls is waited for in time, and used again when it is back: %s', async (scheme) => {
    const [proxy, { url }] = [await openProxy('silent'), await TARGETS[scheme]()];
    const sink = sinkTo(url, { proxy: proxy.url, timeoutMs: 300 });
    expect(await sink.deliver([matchEvent()], aContext())).toEqual({
      kind: 'retry',
      reason: `no answer from ${url} through the proxy ${proxy.origin} within 300 ms`,
    });
    proxy.fault = null;
    await eventually(async () => (await sink.deliver([matchEvent()], aContext())).kind === 'delivered', {
      within: 30_000,
      what: 'a delivery after the stall',
    });
    await sink.close();
    await eventually(async () => (await proxy.connections()) === 0);
  });

  it.each(SCHEMES)('stalls lets a shutdown through, and nothing stays open: %s', async (scheme) => {
    const [proxy, { url }] = [await openProxy('silent'), await TARGETS[scheme]()];
    const sink = sinkTo(url, { proxy: proxy.url, timeoutMs: 60_000 });
    const shutdown = new AbortController();
    const rejection = sink
      .deliver([matchEvent()], aContext(shutdown.signal))
      .catch((error: unknown) => error);
    await eventually(() => proxy.seen.length > 0);
    const start = performance.now();
    shutdown.abort(new Error('shutdown'));
    expect(await rejection).toEqual(new Error('shutdown'));
    await sink.close();
    expect(performance.now() - start).toBeLessThan(5000);
    await eventually(async () => (await proxy.connections()) === 0);
  });
});

describe('the credentials of a proxy', () => {
  it('are in no reason and no answer, with any failure', async () => {
    const outcomes: DeliveryOutcome[] = [];
    for (const scheme of SCHEMES) {
      const { url } = await TARGETS[scheme]();
      const faults: (ProxyFault | null)[] = ['silent', 'hangs up', null];
      for (const status of [200, 204, 302, 400, 403, 407, 410, 429, 500, 502]) faults.push({ status });
      for (const fault of faults) {
        const proxy = await openProxy(fault);
        outcomes.push(await send(url, { proxy: proxy.url, timeoutMs: 500 }));
      }
    }
    expect(outcomes).toHaveLength(26);
    const sent = JSON.stringify(outcomes);
    expect(sent).not.toContain('canary');
    expect(sent).not.toContain(PROXY_AUTHORIZATION.slice('Basic '.length));
    expect(sent).toContain('***');
  });

  it('may hold a per cent sign that encodes nothing', async () => {
    const [proxy, receiver] = [await openProxy(), await receive()];
    await send(receiver.url, { proxy: proxy.origin.replace('//', '//crm:100%@') });
    const pair = proxy.seen[0]?.authorization?.split(' ')[1] ?? '';
    expect(Buffer.from(pair, 'base64').toString()).toBe('crm:100%');
  });
});
