// cspell:ignore kdmg
import { describe, expect, it } from 'vitest';
import { ntfyDialect, type NtfyPayload } from '../../../src/sinks/ntfy/ntfy-payload.ts';
import { createNtfySink, type NtfySinkOptions } from '../../../src/sinks/ntfy/ntfy-sink.ts';
import { POSTED } from '../packed.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import { listen } from '../../poll/findall/raw-server.ts';
import {
  candidateEvent,
  endingEvent,
  keyEvent,
  noticeEvent,
  quickRun,
} from '../../builders/event-builders.ts';
import { describeHttpSink, requestWith, type SentRequest } from '../sink-suite.ts';

function sinkTo(url: string, more: Partial<NtfySinkOptions> = {}) {
  const topicUrl = new URL(url);
  topicUrl.pathname = `${topicUrl.pathname.replace(/\/$/, '')}/canary-topic`;
  return createNtfySink({ ...POSTED, url: topicUrl.href, token: null, ...more });
}

function payloadOf({ text }: SentRequest): NtfyPayload {
  return JSON.parse(text) as NtfyPayload;
}

/**
 * `MessageLimit` 4096 (server/config.go): from there on a message becomes a file. `readJSONWithLimit(…, MessageLimit*2)`
 * (server/server.go). Topic: `^[-_A-Za-z0-9]{1,64}$`; priority 1 to 5 (docs.ntfy.sh/publish/#message-priority).
 */
function expectLimits(sent: SentRequest): void {
  const { topic, title, message, priority, tags, sequence_id } = payloadOf(sent);
  expect(Buffer.byteLength(message)).toBeLessThan(4096);
  expect(message).not.toBe('');
  expect(Buffer.byteLength(sent.text)).toBeLessThanOrEqual(8192);
  expect(Array.from(title).length).toBeLessThanOrEqual(200);
  expect(title).not.toMatch(/[\r\n]/);
  expect(topic).toMatch(/^[-_A-Za-z0-9]{1,64}$/);
  expect(sequence_id).toMatch(/^[-_A-Za-z0-9]{1,64}$/);
  expect([1, 2, 3, 4, 5]).toContain(priority);
  expect(tags.length).toBe(1);
}

describeHttpSink('ntfy', {
  make: (url, { timeoutMs }) => sinkTo(url, { timeoutMs }),
  messages: { dialect: ntfyDialect('canary-topic'), sent: requestWith },
  answer: () => ({ body: '{"id":"hwQ2YpKdmg","event":"message"}' }),
  readable(sent) {
    const { title, message, click } = payloadOf(sent);
    return { text: `${title}\n${message}`, links: click === undefined ? [] : [click] };
  },
  withinLimits: expectLimits,
  ids: (sent) => [payloadOf(sent).sequence_id],
});

/** What one notification of `events` holds. */
async function published(events: readonly RunEvent[], more: Partial<NtfySinkOptions> = {}, path = '') {
  const sent: { path: string; authorization: string | undefined; payload: NtfyPayload }[] = [];
  const { url } = await listen((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const { authorization } = request.headers;
      sent.push({ path: request.url ?? '', authorization, payload: JSON.parse(text) as NtfyPayload });
      response.end('{}');
    });
  });
  const { signal } = new AbortController();
  const sink = sinkTo(`${url}${path}`, more);
  expect(await sink.deliver(events, { attempt: 1, signal })).toMatchObject({ kind: 'delivered' });
  expect(sent).toHaveLength(1);
  return sent[0]!;
}

describe('a notification', () => {
  it('of one match says why it is one, and opens its page', async () => {
    const { payload, path } = await published([candidateEvent()]);
    expect(path).toBe('/');
    expect(payload).toEqual({
      topic: 'canary-topic',
      title: 'Lighthouse c1 matches (lights)',
      message: [
        '✔ Lighthouse c1 (https://c1.example/)',
        'A lighthouse on the west coast.',
        '✓ automated: since 1988 (high confidence)',
        'The chart of the coast says so about automated_check.',
        'Chart of the coast (https://chart.example/automated_check)',
        '✗ open: closed (high confidence)',
        'The chart of the coast says so about open_check.',
        'Chart of the coast (https://chart.example/open_check)',
        '• height: 31 m (high confidence)',
        'The chart of the coast says so about height.',
        'Chart of the coast (https://chart.example/height)',
        '',
        'findall-watch show findall_a',
      ].join('\n'),
      priority: 3,
      tags: ['white_check_mark'],
      click: 'https://c1.example/',
      sequence_id: expect.stringMatching(/^evt_/),
    });
  });

  it('of several opens none, and ends with the ending', async () => {
    const { payload } = await published(quickRun());
    expect(payload.title).toBe('2 new matches, completed: the match limit was reached (lights)');
    expect(payload).not.toHaveProperty('click');
    expect(payload.message).toMatch(
      /■ completed: the match limit was reached\n2 matches among 12 candidates in 18 s\n.*\n\n.*$/,
    );
    expect(payload.tags).toEqual(['checkered_flag']);
  });

  it.each<[string, RunEvent, number, string]>([
    ['a match', candidateEvent(), 3, 'white_check_mark'],
    ['an enrichment', candidateEvent('enriched'), 2, 'information_source'],
    ['a retraction', candidateEvent('retracted'), 4, 'warning'],
    ['an ending in order', endingEvent(), 3, 'checkered_flag'],
    ['a failed run', endingEvent('failed'), 5, 'rotating_light'],
    ['a cancelled run', endingEvent('cancelled'), 4, 'warning'],
    ['a halt', noticeEvent('action_required'), 4, 'warning'],
    ['fault', noticeEvent('degraded'), 4, 'warning'],
    ['its end', noticeEvent('recovered'), 2, 'information_source'],
    ['a run that is gone', noticeEvent('gone'), 5, 'rotating_light'],
    ['a refused key', keyEvent('blocked'), 5, 'rotating_light'],
  ])('of %s has its priority and its emoji', async (_, event, priority, tag) => {
    expect((await published([event])).payload).toMatchObject({ priority, tags: [tag] });
  });

  it('of a retry that carries more takes the place of the first', async () => {
    const [first, ...others] = quickRun();
    const before = await published([first]);
    const after = await published([first, ...others]);
    expect(after.payload.sequence_id).toBe(before.payload.sequence_id);
  });

  it('goes to a server under a path, with a token', async () => {
    const { path, authorization } = await published([candidateEvent()], { token: 'tk_canary' }, '/push');
    expect([path, authorization]).toEqual(['/push/', 'Bearer tk_canary']);
  });
});

/** https://github.com/binwiederhier/ntfy/blob/main/server/errors.go */
describe('what ntfy says is understood', () => {
  it.each<[number, object, object]>([
    [400, { code: 40009 }, { kind: 'stopped', reason: 'the topic is not a valid one: check `url` (40009)' }],
    [502, { code: 40009 }, { kind: 'retry', reason: 'HTTP 502' }],
    [
      401,
      { code: 40101 },
      { kind: 'retry', reason: 'HTTP 401: the credentials are wrong, or the topic needs some (40101)' },
    ],
    [
      403,
      { code: 40301 },
      { kind: 'retry', reason: 'HTTP 403: these credentials may not write to the topic (40301)' },
    ],
    [
      413,
      { code: 41303 },
      { kind: 'rejected', reason: 'HTTP 413: the message is larger than the server allows (41303)' },
    ],
    [
      429,
      { code: 42901 },
      { kind: 'retry', reason: 'HTTP 429: too many requests (42901)', retryAfterMs: 5000, pauseMs: 5000 },
    ],
    [
      429,
      { code: 42908 },
      {
        kind: 'retry',
        reason: 'HTTP 429: the daily number of messages is used up (42908)',
        retryAfterMs: 5000,
        pauseMs: 5000,
      },
    ],
    [507, { code: 50701 }, { kind: 'retry', reason: 'HTTP 507: nobody is subscribed to the topic (50701)' }],
    [
      429,
      { code: '__proto__', error: 'canary' },
      { kind: 'retry', reason: 'HTTP 429', retryAfterMs: 5000, pauseMs: 5000 },
    ],
  ])('%i %j', async (status, body, outcome) => {
    const { url } = await listen((_, response) => {
      const headers = status === 429 ? { 'retry-after': '5' } : {};
      response.writeHead(status, headers).end(JSON.stringify({ http: status, ...body }));
    });
    const { signal } = new AbortController();
    expect(await sinkTo(url).deliver([candidateEvent()], { attempt: 1, signal })).toEqual(outcome);
  });
});
