// cspell:ignore labl lable
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { eventually } from '../../support/eventually.ts';
import { jsonLines } from '../../support/program-sandbox.ts';
import { BEARER, jsonOf, startWatchedDaemon, TOKEN } from '../watched-daemon.ts';

interface Failure {
  error: { code: string; message: string };
}
type RunJson = Record<string, unknown>;

describe('a run', () => {
  test('that is handed over is new, polled at once, and reported', async () => {
    const { ask, ids, daemon, run } = await startWatchedDaemon({ scenarios: ['low-match-rate'] });
    const answer = await ask('/v1/runs', {
      json: { findall_id: ids[0], label: 'mine', interval: '70ms', baseline: 'notify' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v1/runs/${ids[0]}`);
    expect(await answer.json()).toMatchObject({
      ...{ findall_id: ids[0], label: 'mine', interval_ms: 70, state: 'watching', baseline: 'notify' },
    });
    await daemon.says('"type":"findall.run.completed"');

    const shown = await run(['show', ids[0], '--json']);
    expect(await jsonOf(ask(`/v1/runs/${ids[0]}`))).toEqual(JSON.parse(shown.stdout));
    const listed = await run(['runs', '--json']);
    expect(await jsonOf(ask('/v1/runs'))).toEqual({ runs: jsonLines(listed.stdout), next: null });
  });

  test('is listed by pages, and by its label', async () => {
    const { ask } = await startWatchedDaemon({ scenarios: [] });
    const ids = ['findall_c', 'findall_a', 'findall_b'];
    for (const id of ids)
      await ask('/v1/runs', { json: { id, ...(id === 'findall_b' ? { label: 'x' } : {}) } });
    const listed = async (query: string) => {
      const { runs, next } = await jsonOf<{ runs: RunJson[]; next: unknown }>(ask(`/v1/runs?${query}`));
      return [...runs.map((one) => one['findall_id']), next];
    };

    expect(await listed('')).toEqual([...ids, null]);
    expect(await listed('limit=2')).toEqual(['findall_c', 'findall_a', 'findall_a']);
    expect(await listed('limit=2&after=findall_a')).toEqual(['findall_b', null]);
    expect(await listed('label=x')).toEqual(['findall_b', null]);
    expect(await listed('label=y')).toEqual([null]);
  });

  test.each([
    ['after=findall_nobody', 'after: saw "findall_nobody"; allowed: the id of a run that was tracked'],
    ['limit=501', 'limit: saw "501"; allowed: a whole number from 1 to 500'],
    ['lable=x', '"lable": unknown key; allowed: '],
  ])('is not listed for %s', async (query, says) => {
    const { ask } = await startWatchedDaemon({ scenarios: [] });
    const answer = await ask(`/v1/runs?${query}`);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as Failure).error.message).toContain(says);
  });

  test('that is known is resumed with 200 and keeps what is left out', async () => {
    const { ask, ids } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    await ask('/v1/runs', { json: { id: ids[0], label: 'mine' } });
    const untracked = await ask(`/v1/runs/${ids[0]}`, { method: 'DELETE' });
    expect([untracked.status, ((await untracked.json()) as RunJson)['state']]).toEqual([200, 'untracked']);
    const again = await ask('/v1/runs', { json: { id: ids[0] } });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ state: 'watching', label: 'mine' });
  });

  test('that is handed over with a label in decomposed Unicode has it composed', async () => {
    const { ask, ids } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const answer = await ask('/v1/runs', { json: { id: ids[0], label: 'cafe\u0301' } });
    expect(await answer.json()).toMatchObject({ label: 'café' });
  });

  test('is untracked by a DELETE that has a JSON content type and no body', async () => {
    const { ask, ids } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    await ask('/v1/runs', { json: { id: ids[0] } });
    const headers = { 'content-type': 'application/json' };
    const untracked = await ask(`/v1/runs/${ids[0]}`, { method: 'DELETE', headers });
    expect([untracked.status, await untracked.json()]).toMatchObject([200, { state: 'untracked' }]);
  });

  test('may be named by a URL, in upper case or with quotes around the id', async () => {
    const { ask, ids } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const [id] = ids;
    const pasted = `https://platform.parallel.ai/find-all/${id}`;
    const tracked = await ask('/v1/runs', { json: { id: pasted, findall_id: ` "${id.toUpperCase()}"` } });
    expect([tracked.status, tracked.headers.get('location')]).toEqual([201, `/v1/runs/${id}`]);
    for (const name of [pasted, id.toUpperCase(), `"${id}"`]) {
      expect(await jsonOf(ask(`/v1/runs/${encodeURIComponent(name)}`))).toMatchObject({ findall_id: id });
      expect((await ask(`/v1/events?run=${encodeURIComponent(name)}`)).status).toBe(200);
    }
    const untracked = await ask(`/v1/runs/${encodeURIComponent(pasted)}`, { method: 'DELETE' });
    expect(await untracked.json()).toMatchObject({ findall_id: id, state: 'untracked' });
  });

  test('that was never tracked is not found', async () => {
    const { ask } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    for (const method of ['GET', 'DELETE']) {
      const answer = await ask('/v1/runs/findall_nobody', { method });
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual({
        error: { code: 'not_found', message: 'findall_nobody is not tracked' },
      });
    }
  });
});

describe('a request', () => {
  test('without the token gets 401 on every route, however the address is written', async () => {
    const { url, daemon } = await startWatchedDaemon({
      scenarios: ['never-ends'],
      env: { FINDALL_WATCH_LOG_LEVEL: 'trace' },
    });
    const wrong = [
      undefined,
      'Bearer',
      'Bearer x',
      `Bearer ${TOKEN}x`,
      `Basic ${TOKEN}`,
      `bearer ${TOKEN} x`,
    ];
    for (const authorization of wrong) {
      for (const path of ['/v1/runs', '/v1/runs/findall_a', '/v1/events', '/v1/nothing', '/%761/runs']) {
        const answer = await fetch(`${url}${path}`, { headers: authorization ? { authorization } : {} });
        expect([path, answer.status]).toEqual([path, 401]);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
        expect(((await answer.json()) as Failure).error.code).toBe('unauthorized');
      }
    }
    await fetch(`${url}/v1/runs?token=${TOKEN}`, { headers: BEARER });
    expect(daemon.stdout()).toContain('request answered');
    expect(daemon.stdout() + daemon.stderr()).not.toContain(TOKEN);
  });

  test('of another method gets 405 with those that are allowed', async () => {
    const { ask } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const cases = [
      ['/v1/runs', 'PUT', 'GET, POST'],
      ['/v1/runs', 'DELETE', 'GET, POST'],
      ['/v1/runs/findall_a', 'POST', 'GET, DELETE'],
      ['/v1/events', 'POST', 'GET'],
      ['/v1/openapi.json', 'POST', 'GET'],
      ['/livez', 'DELETE', 'GET, HEAD'],
      ['/metrics', 'POST', 'GET, HEAD'],
    ] as const;
    for (const [path, method, allow] of cases) {
      const answer = await ask(path, { method });
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, allow]);
      expect(((await answer.json()) as Failure).error.code).toBe('method_not_allowed');
    }
    expect((await ask('/livez', { method: 'HEAD' })).status).toBe(200);
  });

  test('to track what is wrong is refused in the words of track', async () => {
    const { ask } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const cases: [json: unknown, message: string][] = [
      [
        { id: 'run_a' },
        'id: saw "run_a"; allowed: the id of a FindAll run, such as findall_40e0ab8c10754be0b7a16477abb38a2f, or a URL with one such id in it',
      ],
      [
        {},
        'id: missing; allowed: the id of a FindAll run, such as findall_40e0ab8c10754be0b7a16477abb38a2f, or a URL with one such id in it',
      ],
      [{ id: 'findall_a', findall_id: 'findall_b' }, 'id and findall_id differ; allowed: one of the two'],
      [{ id: 'findall_a', label: ' ' }, 'label: saw " "; allowed: 1 to 200 characters, not only spaces'],
      [
        { id: 'findall_a', interval: 5 },
        'interval: saw 5; allowed: a duration from 50ms to 1h, written like 250ms, 10s, 5m, 1h or 7d',
      ],
      [{ id: 'findall_a', baseline: 'loud' }, 'baseline: saw "loud"; allowed: one of notify, silent'],
      [
        { id: 'findall_a', labl: 'x' },
        '"labl": unknown key; allowed: id, findall_id, label, interval, baseline',
      ],
      [[], 'the request: allowed: a map with the keys id, findall_id, label, interval, baseline'],
    ];
    for (const [json, message] of cases) {
      const answer = await ask('/v1/runs', { json });
      expect([json, answer.status, await answer.json()]).toEqual([
        ...[json, 400],
        { error: { code: 'invalid_request', message } },
      ]);
    }
  });

  test('that is no JSON, too large, of another type, or not even HTTP gets an error of the same shape', async () => {
    const { url, daemon } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const send = async (body: string, type = 'application/json') => {
      const headers = { ...BEARER, 'content-type': type };
      const answer = await fetch(`${url}/v1/runs`, { method: 'POST', headers, body });
      return [answer.status, ((await answer.json()) as Failure).error.code];
    };
    expect(await send('{"id":')).toEqual([400, 'invalid_request']);
    expect(await send('')).toEqual([400, 'invalid_request']);
    expect(await send('{"__proto__":{"x":1}}')).toEqual([400, 'invalid_request']);
    expect(await send('id=findall_a', 'application/x-www-form-urlencoded')).toEqual([
      415,
      'unsupported_media_type',
    ]);
    expect(await send('findall_a', 'text/plain')).toEqual([415, 'unsupported_media_type']);
    expect(await send(JSON.stringify({ id: 'a'.repeat(20_000) }))).toEqual([413, 'too_large']);
    for (const path of ['/nothing', '/%zz', `/${'a'.repeat(10_000)}`]) {
      const answer = await fetch(`${url}${path}`);
      expect(((await answer.json()) as Failure).error.message).toMatch(/\w/);
      expect(answer.status).toBeLessThan(500);
    }
    expect(await talk(url, 'GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid_request"/s);
    expect(await talk(url, `GET / HTTP/1.1\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(daemon.stdout()).not.toMatch(/"level":"(?:error|fatal)"/);
  });
});

describe('recorded events', () => {
  test('are those of the command, chosen in its words, page by page', async () => {
    const { ask, ids, daemon, run } = await startWatchedDaemon({
      scenarios: ['low-match-rate', 'failed-with-matches'],
      args: (all) => all,
    });
    await daemon.says('"type":"findall.run.completed"');
    await daemon.says('"type":"findall.run.failed"');
    const all = jsonLines<RunEvent>((await run(['events', '--json'])).stdout);
    const of = async (query: string) =>
      await jsonOf<{ events: RunEvent[]; next: string | null }>(ask(`/v1/events${query}`));
    expect(await of('')).toEqual({ events: all, next: null });
    expect((await of(`?run=${ids[0]}`)).events).toEqual(all.filter((event) => event.findall_id === ids[0]));
    expect((await of('?type=findall.run.*&type=findall.candidate.enriched')).events).toEqual(
      all.filter(({ type }) => type.startsWith('findall.run.') || type === 'findall.candidate.enriched'),
    );
    expect((await of('?since=0s')).events).toEqual([]);
    expect((await of('?since=1h')).events).toEqual(all);

    const paged: RunEvent[] = [];
    for (let after = ''; ; ) {
      const { events, next } = await of(`?limit=2${after}`);
      expect(events.length).toBeLessThanOrEqual(2);
      paged.push(...events);
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(paged).toEqual(all);
  });

  test('asked for by what is wrong are refused with what is allowed', async () => {
    const { ask } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const cases: [query: string, message: string][] = [
      [
        '?type=findall.run.complete',
        'type: saw "findall.run.complete"; allowed: Did you mean findall.run.completed? ',
      ],
      ['?since=soon', 'since: saw "soon"; allowed: a span such as 1h or a time such as 2026-01-31T08:00Z'],
      ['?limit=501', 'limit: saw "501"; allowed: a whole number from 1 to 500'],
      [
        '?after=evt_0123456789abcdef',
        'after: saw "evt_0123456789abcdef"; allowed: the id of a recorded event',
      ],
      ['?after=x', 'after: saw "x"; allowed: an event\'s id'],
      ['?run=x&run=y', 'run: saw ["x","y"]; allowed: the id of a FindAll run'],
    ];
    for (const [query, message] of cases) {
      const answer = await ask(`/v1/events${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
      expect(((await answer.json()) as Failure).error.message).toContain(message);
    }
  });
});

describe('a stream of events', () => {
  test('shows what is recorded, then what comes, and resumes after any event without a gap', async () => {
    const { ask, url, ids, daemon } = await startWatchedDaemon({
      scenarios: ['low-match-rate', 'failed-with-matches'],
    });
    await ask('/v1/runs', { json: { id: ids[0] } });
    await daemon.says('"type":"findall.run.completed"');
    const stream = openStream(url);
    await eventually(() => stream.events().at(-1)?.type === 'findall.run.completed');
    await ask('/v1/runs', { json: { id: ids[1] } });
    await eventually(() => stream.events().at(-1)?.type === 'findall.run.failed');
    const all = (await jsonOf<{ events: RunEvent[] }>(ask('/v1/events'))).events;
    expect(stream.events()).toEqual(all);

    const resumed = openStream(url, { 'last-event-id': all[1]?.id ?? '' });
    await eventually(() => resumed.events().length === all.length - 2);
    expect(resumed.events()).toEqual(all.slice(2));
    stream.close();
    resumed.close();
  });

  test.each(['evt_00000000000000000000000000000000', 'no id at all'])(
    'resumed after an event that is not recorded begins with the oldest, and says so: %s',
    async (lastEventId) => {
      const { ask, url, ids, daemon } = await startWatchedDaemon({ scenarios: ['low-match-rate'] });
      await ask('/v1/runs', { json: { id: ids[0] } });
      await daemon.says('"type":"findall.run.completed"');
      const all = (await jsonOf<{ events: RunEvent[] }>(ask('/v1/events'))).events;

      const stream = openStream(url, { 'last-event-id': lastEventId });
      await eventually(() => stream.text().includes(all.at(-1)?.id ?? 'nothing'));

      expect(stream.text()).toMatch(
        /^: findall-watch\n\nevent: gap\ndata: \{"last_event_id":"[^"]+","reason":"this event is not/,
      );
      expect([...stream.text().matchAll(/^id: (.+)$/gm)].map((match) => match[1])).toEqual(
        all.map(({ id }) => id),
      );
      stream.close();
    },
  );

  test('ends with the daemon, which is not held up', async () => {
    const { url, daemon } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const stream = openStream(url);
    // Nobody has to finish what he began to say.
    const half = connect(Number(new URL(url).port), '127.0.0.1', () =>
      half.write('POST /v1/runs HTTP/1.1\r\n'),
    );
    half.on('error', () => {});
    await eventually(() => stream.text().startsWith(': findall-watch'));
    const asked = performance.now();
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - asked).toBeLessThan(30_000);
    await stream.ended;
    expect(daemon.stdout()).toContain('"msg":"stopped"');
  });

  test('is refused beyond thirty-two, until one is let go', async () => {
    const { ask, url } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    // Those who leave at once, at any moment of being answered, take no place.
    for (let n = 0; n < 60; n += 1) {
      const hasty = openStream(url);
      await new Promise((resolve) => setTimeout(resolve, n / 10));
      hasty.close();
    }
    const streams = Array.from({ length: 32 }, () => openStream(url));
    await eventually(() => streams.every((stream) => stream.text() !== ''));
    const headers = { accept: 'text/event-stream' };
    expect((await ask('/v1/events', { headers })).status).toBe(503);
    streams.forEach((stream) => stream.close());
    const next = await eventually(async () => {
      const answer = await ask('/v1/events', { headers });
      if (answer.status === 200) return answer;
      await answer.body?.cancel();
      return null;
    });
    await next?.body?.cancel();
  });
});

interface Stream {
  text(): string;
  events(): RunEvent[];
  close(): void;
  ended: Promise<void>;
}

function openStream(url: string, headers: Record<string, string> = {}): Stream {
  let text = '';
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const asked = request(
    `${url}/v1/events`,
    { headers: { ...BEARER, accept: 'text/event-stream', ...headers }, agent: false },
    (answer) => {
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('error', () => {}).once('close', resolve);
    },
  );
  asked.on('error', () => {}).end();
  return {
    text: () => text,
    events() {
      const blocks = text.split('\n\n').slice(0, -1);
      return blocks.flatMap((block) => {
        const [, id, type, data] = /^id: (.+)\nevent: (.+)\ndata: (.+)$/.exec(block) ?? [];
        if (data === undefined) return [];
        const event = JSON.parse(data) as RunEvent;
        expect({ id, type }).toEqual({ id: event.id, type: event.type });
        return [event];
      });
    },
    close: () => void asked.destroy(),
    ended,
  };
}

/** Says this over a socket and gives all that comes back. */
async function talk(url: string, words: string): Promise<string> {
  let heard = '';
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(words));
  socket.setEncoding('utf8').on('data', (part: string) => (heard += part));
  await new Promise((resolve) => socket.on('error', resolve).once('close', resolve));
  return heard;
}
