import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RUN_ID } from '../../../builders/model-builders.ts';
import { completedPayload } from '../../payloads.ts';
import { ask, KEY, listen, pour, sourceAt } from '../raw-server.ts';

const BODY = JSON.stringify(completedPayload());

describe('the request', () => {
  it('asks for the result of the run, with the key, the beta header and who we are', async () => {
    const requests: IncomingMessage[] = [];
    const { url } = await listen((request, response) => {
      requests.push(request);
      response.end(BODY);
    });
    expect(await ask(url)).toMatchObject({ kind: 'snapshot', bytes: Buffer.byteLength(BODY) });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: `/v1beta/findall/runs/${RUN_ID}/result`,
      headers: {
        accept: 'application/json',
        'x-api-key': KEY,
        'parallel-beta': 'findall-2025-09-15',
        'user-agent': 'findall-watch/test',
      },
    });
  });

  it('keeps a path of the base URL and lets no id out of its place', async () => {
    let path: string | undefined;
    const { url } = await listen((request, response) => {
      path = request.url;
      response.writeHead(404).end();
    });
    const source = sourceAt(`${url}/proxy/`);
    await source.fetchResult('../a?b#c', { priorDigest: null, signal: new AbortController().signal });
    expect(path).toBe('/proxy/v1beta/findall/runs/..%2Fa%3Fb%23c/result');
  });

  it('is not repeated elsewhere: a redirect is an answer, and the key stays here', async () => {
    const elsewhere: IncomingMessage[] = [];
    const other = await listen((request, response) => {
      elsewhere.push(request);
      response.end(BODY);
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const { url } = await listen((_, response) => {
        response.writeHead(status, { location: `${other.url}/v1beta` }).end();
      });
      expect(await ask(url)).toMatchObject({ kind: 'unavailable', status });
    }
    expect(elsewhere).toEqual([]);
  });
});

describe('the body', () => {
  it('that is the same as last time is neither parsed nor given back', async () => {
    const { url } = await listen((_, response) => response.end(BODY));
    const first = await ask(url);
    expect(first.kind).toBe('snapshot');
    const digest = first.kind === 'snapshot' ? first.bodyDigest : '';
    expect(await ask(url, {}, digest)).toEqual({ kind: 'unchanged', bytes: Buffer.byteLength(BODY) });
  });

  it.each(['gzip', 'deflate', 'br'] as const)('may come by %s, as it is asked for', async (encoding) => {
    const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[encoding];
    // Large on the wire, so that it is decompressed elsewhere.
    const noise = randomBytes(60_000).toString('hex');
    const large = JSON.stringify({ ...completedPayload(), noise });
    let accepted: string | undefined;
    for (const body of [BODY, large]) {
      const { url } = await listen((request, response) => {
        accepted = request.headers['accept-encoding'];
        response.writeHead(200, { 'content-encoding': encoding }).end(compress(body));
      });
      const sent = compress(body).byteLength;
      expect(await ask(url)).toMatchObject({ kind: 'snapshot', bytes: sent });
    }
    expect(accepted?.split(', ')).toContain(encoding);
  });

  it('compressed at another time is the same before it is decompressed', async () => {
    const gzip = gzipSync(BODY);
    const later = Buffer.from(gzip);
    later.writeUInt32LE(1_800_000_000, 4);
    let sent = gzip;
    const { url } = await listen((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(sent);
    });
    const first = await ask(url);
    sent = later;
    expect(await ask(url, {}, first.kind === 'snapshot' ? first.bodyDigest : '')).toEqual({
      kind: 'unchanged',
      bytes: gzip.byteLength,
    });
  });

  it('that differs by one sign is another one, however it is compressed', async () => {
    let body = BODY;
    const { url } = await listen((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
    });
    const first = await ask(url);
    body = BODY.replace(/.(?="})/, '~');
    expect(body).not.toBe(BODY);
    expect(await ask(url, {}, first.kind === 'snapshot' ? first.bodyDigest : '')).toMatchObject({
      kind: 'snapshot',
    });
  });

  it('that is large is not received before there is room for it', async () => {
    const large = Buffer.alloc(40_000_000, ' ');
    let sent = 0;
    const { url } = await listen((_, response) => {
      response.writeHead(200, { 'content-length': large.length });
      response.end(large, () => (sent += 1));
    });
    const source = sourceAt(url, { maxBodyBytes: 100_000_000, memoryBytes: 250_000_000 });
    const request = { priorDigest: null, signal: new AbortController().signal };
    const first = await source.fetchResult(RUN_ID, request);
    const second = source.fetchResult(RUN_ID, request);
    const third = source.fetchResult(RUN_ID, { ...request, signal: AbortSignal.timeout(100) });
    await expect(third).rejects.toThrow('timeout');
    expect(sent).toBe(1);
    if (first.kind !== 'body') throw new Error(first.kind);
    first.room.release();
    expect((await second).kind).toBe('body');
  });

  it('that decompresses to more than it said is counted at its true size', async () => {
    const body = brotliCompressSync(Buffer.alloc(10_000_000, ' '), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
    });
    const { url } = await listen((_, response) => {
      response.writeHead(200, { 'content-encoding': 'br' }).end(body);
    });
    // As it is sent it takes next to nothing; decompressed there is room for one, and one more may exceed it.
    const source = sourceAt(url, { maxBodyBytes: 10_000_000, memoryBytes: 60_000_000 });
    const request = { priorDigest: null, signal: new AbortController().signal };
    const [first, second] = await Promise.all([1, 2].map(() => source.fetchResult(RUN_ID, request)));
    const third = source.fetchResult(RUN_ID, { ...request, signal: AbortSignal.timeout(500) });
    await expect(third).rejects.toThrow('timeout');
    if (first?.kind !== 'body' || second?.kind !== 'body') throw new Error('no body');
    expect(second.body.byteLength).toBe(10_000_000);
    first.room.release();
    second.room.release();
    expect((await source.fetchResult(RUN_ID, request)).kind).toBe('body');
  });

  it('that would take more memory than there is is not read', async () => {
    const { url } = await listen((_, response) => {
      response.end(`{"run":{},"candidates":[${'{},'.repeat(300_000)}{}]}`);
    });
    expect(await ask(url, { maxBodyBytes: 10_000_000, memoryBytes: 16_000_000 })).toEqual({
      kind: 'invalid',
      reason:
        'a body of 1 MiB that takes more than 15 MiB of memory to read; give it more memory (the limit of the container, or NODE_OPTIONS=--max-old-space-size=MIB)',
    });
  });

  it('that decompresses without end is let go at the cap', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    const { url } = await listen((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(await ask(url)).toEqual({
      kind: 'invalid',
      reason: `${url}: a body over 1000000 bytes (api.maxBody)`,
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  it('that never ends is let go at the cap, and so is its connection', async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await listen((_, response) => {
      response.on('close', () => closed.resolve());
      pour(response);
    });
    expect(await ask(url)).toMatchObject({ kind: 'invalid' });
    await closed.promise;
  });

  it('that drips for ever ends at the deadline', async () => {
    const { url } = await listen((_, response) => {
      const dripping = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(dripping));
    });
    expect(await ask(url, { timeoutMs: 150 })).toEqual({
      kind: 'unavailable',
      reason: `${url}: no complete answer in time`,
    });
  });

  it.each([
    [204, 'an empty body'],
    [200, 'an empty body'],
  ])('that is empty with status %s is no snapshot', async (status, reason) => {
    const { url } = await listen((_, response) => response.writeHead(status).end());
    expect(await ask(url)).toEqual({ kind: 'invalid', reason: `${url}: ${reason}` });
  });
});

describe('a host that is not the FindAll API', () => {
  it.each([
    ['a page', '<!doctype html><p>Sign in</p>', 'an HTML or XML page instead of JSON'],
    ['text', 'It works!', 'text instead of JSON'],
    ['JSON of another shape', '{"status":"ok"}', 'JSON of another shape'],
    ['a list', '[]', 'JSON that is no object'],
    ['torn JSON of another shape', '{"items":[{"id":', 'JSON of another shape, torn or malformed'],
  ])('is named as such when it sends %s', async (_, body, detail) => {
    const { url } = await listen((_request, response) => response.end(body));
    expect(await ask(url)).toEqual({
      kind: 'invalid',
      reason: `${url} does not answer like the FindAll API; check PARALLEL_BASE_URL (${detail})`,
    });
  });

  it.each(['', '{', '{"run": {"findall_', '{"candidates": [{"candidate_id"'])(
    'is not seen in a torn answer of the API: %j',
    async (body) => {
      const { url } = await listen((_request, response) => response.end(body));
      expect(await ask(url)).toEqual({
        kind: 'invalid',
        reason: expect.stringMatching(
          new RegExp(`^${url}: (?:JSON that is torn or malformed|an empty body)$`),
        ),
      });
    },
  );
});

describe('short retries within a poll', () => {
  it('make up for a connection that the server closed while it was idle', async () => {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      let answered = false;
      socket.on('error', () => {});
      socket.on('data', () => {
        if (answered) socket.destroy();
        else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`);
        answered = true;
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answers = [await ask(url), await ask(url), await ask(url)];
    expect(answers.map(({ kind }) => kind)).toEqual(['snapshot', 'snapshot', 'snapshot']);
    expect(sockets.size).toBe(3);
  });

  it('give the last answer when there is no time for more of them', async () => {
    let requests = 0;
    const { url } = await listen((_, response) => {
      requests += 1;
      response.writeHead(503).end();
    });
    expect(await ask(url, { timeoutMs: 150 })).toMatchObject({ kind: 'unavailable', status: 503 });
    expect(requests).toBe(1);
  });

  it('end with the answer that is not passing', async () => {
    let requests = 0;
    const { url } = await listen((_, response) => {
      requests += 1;
      response.writeHead(requests === 1 ? 500 : 404).end('{"error":{"message":"Run not found"}}');
    });
    expect(await ask(url)).toMatchObject({ kind: 'gone' });
    expect(requests).toBe(2);
  });

  it('are not made of a refused connection alone', async () => {
    const { url, server } = await listen(() => {});
    await new Promise((resolve) => {
      server.close(resolve);
    });
    expect(await ask(`${url}/a-path-that-may-be-secret`)).toEqual({
      kind: 'unavailable',
      reason: `${url}: connection refused (ECONNREFUSED)`,
    });
  });
});
