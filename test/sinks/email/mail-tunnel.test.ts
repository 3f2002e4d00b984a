import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  openProxy,
  PROXY_AUTHORIZATION,
  PROXY_PASSWORD,
  type ProxyFault,
  startForwardProxy,
} from '../../support/servers/forward-proxy.ts';
import { certificate, reply, startMailServer, trustCertificateHere } from './mail-server.ts';
import { sinkTo } from './mail-sink.ts';
import { quickRun } from '../../builders/event-builders.ts';

trustCertificateHere();

function aContext(signal = new AbortController().signal) {
  return { attempt: 1, signal };
}

describe('mail through a proxy', () => {
  it.each(['starttls', 'implicit'] as const)('goes by CONNECT and is encrypted: %s', async (tls) => {
    const proxy = await openProxy();
    const { port, taken } = await startMailServer({ secure: tls === 'implicit' });
    const outcome = await sinkTo(port, { proxy: proxy.url, tls }).deliver(quickRun(), aContext());
    expect(outcome).toEqual({ kind: 'delivered', answer: expect.stringMatching(/^250 /) });
    expect(taken()).toMatchObject([{ secure: true, to: ['ana@example.org'] }]);
    expect(proxy.seen).toEqual([
      { method: 'CONNECT', target: `127.0.0.1:${port}`, authorization: PROXY_AUTHORIZATION },
    ]);
  });

  it('may go to the proxy encrypted', async () => {
    const proxy = await startForwardProxy(certificate());
    onTestFinished(() => proxy.close());
    const { port, taken } = await startMailServer();
    const outcome = await sinkTo(port, { proxy: proxy.url }).deliver(quickRun(), aContext());
    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect(taken()).toMatchObject([{ secure: true }]);
  });

  it('that the server refuses is the server’s refusal', async () => {
    const proxy = await openProxy();
    const { port } = await startMailServer({ onRcptTo: (_, __, done) => done(reply(550, 'no such user')) });
    expect(await sinkTo(port, { proxy: proxy.url }).deliver(quickRun(), aContext())).toEqual({
      kind: 'rejected',
      reason: expect.stringContaining(`127.0.0.1:${port} refuses every recipient: 550 no such user`),
    });
  });

  it.each<[string, ProxyFault, RegExp]>([
    [
      'wants another login',
      { status: 407 },
      /: it wants a login: check the credentials of `proxy` \(HTTP 407\)$/,
    ],
    ['does not let mail out', { status: 403 }, /: it does not let this through \(HTTP 403\)$/],
    ['hangs up', 'hangs up', /: connection reset \(ECONNRESET\)$/],
    ['stalls', 'silent', /^no answer from .* within 500 ms$/],
  ])('that %s is tried again, and the proxy is named', async (_, fault, reason) => {
    const proxy = await openProxy(fault);
    const { port, taken } = await startMailServer();
    const sink = sinkTo(port, { proxy: proxy.url, timeoutMs: 500 });
    const outcome = await sink.deliver(quickRun(), aContext());
    expect(outcome).toEqual({ kind: 'retry', reason: expect.stringMatching(reason) });
    expect(outcome).toMatchObject({
      reason: expect.stringContaining(`127.0.0.1:${port} through the proxy ${proxy.origin}`),
    });
    expect(JSON.stringify(outcome)).not.toContain('canary');
    expect(taken()).toEqual([]);
    await eventually(async () => (await proxy.connections()) === 0, { within: 20_000 });
  });

  it('is tried again when the proxy is not there', async () => {
    const proxy = await startForwardProxy();
    await proxy.close();
    expect(await sinkTo(25, { proxy: proxy.url }).deliver(quickRun(), aContext())).toEqual({
      kind: 'retry',
      reason: `127.0.0.1:25 through the proxy ${proxy.origin}: connection refused (ECONNREFUSED)`,
    });
  });

  it('lets a shutdown through while the proxy stalls, and nothing stays open', async () => {
    const proxy = await openProxy('silent');
    const sink = sinkTo(25, { proxy: proxy.url, timeoutMs: 60_000 });
    const shutdown = new AbortController();
    const rejection = sink.deliver(quickRun(), aContext(shutdown.signal)).catch((error: unknown) => error);
    await eventually(() => proxy.seen.length > 0);
    const start = performance.now();
    shutdown.abort(new Error('shutdown'));
    expect(await rejection).toEqual(new Error('shutdown'));
    await sink.close();
    expect(performance.now() - start).toBeLessThan(5000);
    await eventually(async () => (await proxy.connections()) === 0);
  });

  it('keeps the credentials of the proxy to itself when the server says them', async () => {
    const proxy = await openProxy();
    const { port } = await startMailServer({
      afterData: (done) => done(reply(554, `no ${PROXY_PASSWORD} ${PROXY_AUTHORIZATION}`)),
    });
    const outcome = await sinkTo(port, { proxy: proxy.url }).deliver(quickRun(), aContext());
    expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('no *** Basic ***') });
  });
});
