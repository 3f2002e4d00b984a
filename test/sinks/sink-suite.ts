/**
 * What every sink must do, with any protocol. `describeSink` is for any sink; `describeHttpSink` adds what those that
 * post share. A sink gives the suite a way to build it, and readers that say what somebody sees of what it sent.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../src/sinks/kit/answers.ts';
import { type DeliveryOutcome, MOST_GROUPED, type Sink } from '../../src/deliver/sink.ts';
import { createMessageSink } from '../../src/sinks/kit/deliver.ts';
import type { Dialect } from '../../src/sinks/kit/dialect.ts';
import { type TemplateOptions, withTemplates } from '../../src/sinks/kit/render-with-template.ts';
import type { RunEvent } from '../../src/run-event.ts';
import { withoutJoiners } from '../support/spelling.ts';
import { templateProblem } from '../../src/sinks/kit/template.ts';
import { listen } from '../poll/findall/raw-server.ts';
import { eventually } from '../support/eventually.ts';
import { HOSTILE } from './hostile.ts';
import { wellFormed } from '../support/well-formed.ts';
import { MESSAGES } from './packed.ts';
import { anyBatch, EVERY_TYPE, hostileRun, keyEvent, quickRun } from '../builders/event-builders.ts';

/** What somebody gets of one message. */
export interface Readable {
  /** Everything that is shown, markup and escapes resolved. Lines may be broken by \n. */
  text: string;
  /** Everything that can be clicked or is fetched. */
  links: string[];
  /** What the service would act on beyond that (a mention, a tag of HTML, a command): must be empty. */
  live?: string[];
}

/** A sink for one test, and what its receiver got. */
interface SinkBench<Sent> {
  sink: Sink;
  /** The messages that arrived since the last call, in order. */
  taken(): Sent[] | Promise<Sent[]>;
}

export interface SinkSuite<Sent> {
  /** A sink whose receiver takes everything; cleared away by `onTestFinished`. */
  open(): Promise<SinkBench<Sent>>;
  /** What somebody sees of a message; throws when it does not parse. For sinks that people read. */
  readable?(sent: Sent): Readable;
  /** The events a message carries, parsed; throws when it does not parse. For sinks that programs read. */
  carried?(sent: Sent): unknown[];
  /** Expects the service's limits to be kept. */
  withinLimits(sent: Sent): void;
  /**
   * The messages as the sink makes them, without sending them. Where it is given, properties of size look at this: nothing of
   * them depends on the way, and a message of any size over a socket takes most of its time there.
   */
  messages?: { dialect: Dialect<unknown>; sent(rendered: unknown): Sent };
  /** Ids of the service's own place for them (a header, a field), where it has one. */
  ids?(sent: Sent): string[];
  /** Format characters that the sink itself puts into text, such as a zero-width space after an @. */
  own?: RegExp;
  /** Cases of the properties of size; default 30. */
  runs?: number;
  /** False where the configuration takes no template. */
  takesTemplates?: boolean;
}

const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const INVISIBLE = /[\u200b-\u200d\u2060\ufeff\u{e0000}-\u{e007f}]/u;

/** The laws of every sink. */
export function describeSink<Sent>(name: string, suite: SinkSuite<Sent>): void {
  describe(`${name}: what it sends`, () => {
    it.each(EVERY_TYPE.map((event) => [event.type, event] as const))('%s is sent', async (_, event) => {
      const { sink, taken } = await suite.open();
      expect(await sendAll(sink, [event])).toEqual([]);
      expectSound(suite, await taken(), [event]);
    });

    it('a run with its ending is sent, the ending last', async () => {
      const { sink, taken } = await suite.open();
      expect(await sendAll(sink, quickRun())).toEqual([]);
      const sent = await taken();
      expectSound(suite, sent, quickRun());
      const { readable } = suite;
      if (readable) expectInOrder(sent.map((one) => readable(one)));
    });

    it('the same events have the same ids each time', async () => {
      const [event] = quickRun();
      const seen: string[][] = [];
      for (const attempt of [1, 2]) {
        const { sink, taken } = await suite.open();
        expect(await sink.deliver([event], { attempt, signal: neverAborted() })).toMatchObject({
          kind: 'delivered',
        });
        seen.push((await taken()).flatMap((sent) => suite.ids?.(sent) ?? []));
      }
      expect(seen[0]).toEqual(seen[1]);
      expect(seen[0]?.join(' ')).toContain(suite.ids ? event.id : '');
    });
  });

  describe(`${name}: what the web wrote is only text`, () => {
    it.each(Object.entries(HOSTILE))('%s', async (_, text) => {
      const { sink, taken } = await suite.open();
      for (const events of [hostileRun(text), [keyEvent('blocked', text)]]) {
        expect(await sendAll(sink, events)).toEqual([]);
        expectSound(suite, await taken(), events);
      }
    });
  });

  describe(`${name}: with any size`, () => {
    it(`a message ${suite.carried ? 'carries its events whole' : 'keeps the limits of the service'}`, async () => {
      const { sink, taken } = await openForSize(suite);
      await fc.assert(
        fc.asyncProperty(anyBatch(mostOf(suite)), async (events) => {
          expect(await sendAll(sink, events)).toEqual([]);
          expectSound(suite, await taken(), events);
        }),
        { numRuns: runsOf(suite) },
      );
    }, 60_000);
  });

  if (suite.takesTemplates !== false) describeTemplates(name, suite);

  describe(`${name}: a shutdown`, () => {
    it('before the attempt lets nothing out', async () => {
      const { sink, taken } = await suite.open();
      const shutdown = new AbortController();
      shutdown.abort(new Error('shutdown'));
      const context = { attempt: 1, signal: shutdown.signal };
      await expect(sink.deliver(quickRun().slice(0, 1), context)).rejects.toThrow('shutdown');
      expect(await taken()).toEqual([]);
    });

    it('may close a sink that was never used, and one that was', async () => {
      const { sink } = await suite.open();
      await sink.close();
      const { sink: used } = await suite.open();
      expect(await sendAll(used, quickRun())).toEqual([]);
      await used.close();
    });
  });
}

/** Where the messages of a property of size are made: without a receiver if the suite can. */
async function openForSize<Sent>({ messages, open }: SinkSuite<Sent>): Promise<SinkBench<Sent>> {
  if (!messages) return await open();
  const made: Sent[] = [];
  const sink = createMessageSink<unknown>(
    { name: 'rendered', ...MESSAGES },
    {
      dialect: messages.dialect,
      concurrency: 1,
      async send({ rendered }) {
        made.push(messages.sent(rendered));
        return { kind: 'delivered' };
      },
      probe: async () => ({ kind: 'reached', answer: '' }),
      async close() {},
    },
  );
  return { sink, taken: () => made.splice(0) };
}

/** Most events of a batch. What programs read has no limit of size: a few events show that they are carried whole. */
function mostOf({ carried }: SinkSuite<unknown>): number {
  return carried ? 4 : MOST_GROUPED;
}

function runsOf({ runs, carried }: SinkSuite<unknown>): number {
  return runs ?? (carried ? 10 : 30);
}

/** What an operator may write for people: values between words, behind each other, and as a link. */
const WORDS = [
  '{{ event.type }} {{ event.label }}',
  '{{ event.data.name }}{{ event.data.url }}, {{ event.data.url | link: event.data.name }}.',
  '{% for entry in event.data.basis limit: 2 %}{{ entry.reasoning }}: {{ entry.citations[0].url | link }}',
  '{% endfor %}{{ event.summary.advice | upcase }}{{ event.data | json }}',
].join('\n');

/** And for programs. */
const JSON_WORDS = '{"id": {{ event.id | json }}, "data": {{ event.data | json }}}';

/** Any words, with all that Liquid reads among them. */
const anyTemplate = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('{{', '}}', '{%', '%}', '\n', '"', ' | ', 'event', 'event.data.name', 'event.data'),
      fc.constantFrom('{{ event.data.name }}', '{{ event.data | json }}', '{{ event.data.url | link }}'),
      fc.constantFrom(
        '{% for x in event.data.basis %}',
        '{% endfor %}',
        '{% if event.summary %}',
        '{% endif %}',
      ),
      fc.constantFrom(
        '{% assign x = event %}',
        '{{ x }}',
        '{% raw %}',
        '{% endraw %}',
        '{{ x | date: "%s" }}',
      ),
      fc.constantFrom(
        '{{ event | where: "a" }}',
        '{{ event.data.name | split: "" | join: event }}',
        '{%- -%}',
      ),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''));

/** The laws of a sink that writes with the operator's template. */
function describeTemplates<Sent>(name: string, suite: SinkSuite<Sent>): void {
  const { readable, carried } = suite;
  const source = readable ? WORDS : JSON_WORDS;

  /** What went wrong is kept, because the built-in words are sent instead. */
  async function openWith(template: string, open: typeof suite.open = suite.open) {
    const { sink, taken } = await open();
    const failures: string[] = [];
    const options: TemplateOptions = {
      ...{
        sources: { 'findall.*': template },
        isJson: false,
        sendsAgain: true,
      },
      onFailed: ({ reason }) => void failures.push(reason),
    };
    return { sink: withTemplates(sink, options), taken, failures };
  }

  function expectWorded(sent: readonly Sent[], events: readonly RunEvent[]): void {
    expect(sent.length).toBeGreaterThan(0);
    for (const one of sent) suite.withinLimits(one);
    for (const one of sent) if (readable) expectHarmless(readable(one), suite.own);
    const given = events.map(({ id, data }) => ({ id, data }));
    expect(carried ? sent.flatMap((one) => carried(one)) : []).toEqual(
      carried ? wellFormed(JSON.parse(JSON.stringify(given))) : [],
    );
  }

  describe(`${name}: what the web wrote is only text in a template`, () => {
    it.each(Object.entries(HOSTILE))('%s', async (_, text) => {
      const { sink, taken, failures } = await openWith(source);
      for (const events of [hostileRun(text), [keyEvent('blocked', text)]]) {
        expect(await sendAll(sink, events)).toEqual([]);
        expectWorded(await taken(), events);
      }
      expect(failures).toEqual([]);
    });
  });

  describe(`${name}: a template`, () => {
    it(`${carried ? 'carries its events whole' : 'keeps the limits of the service'}, with any size`, async () => {
      const { sink, taken, failures } = await openWith(source, () => openForSize(suite));
      await fc.assert(
        fc.asyncProperty(anyBatch(mostOf(suite)), async (events) => {
          expect(await sendAll(sink, events)).toEqual([]);
          expectWorded(await taken(), events);
          expect(failures).toEqual([]);
        }),
        { numRuns: Math.ceil(runsOf(suite) / 2) },
      );
    }, 60_000);

    it('of any text is refused, or its events are sent', async () => {
      await fc.assert(
        fc.asyncProperty(anyTemplate, async (template) => {
          fc.pre(templateProblem(template) === null);
          const { sink } = await openWith(template, () => openForSize(suite));
          expect(await sendAll(sink, quickRun())).toEqual([]);
        }),
        { numRuns: 20, maxSkipsPerRun: 1000 },
      );
    }, 60_000);

    it('that makes nothing of an event leaves it out', async () => {
      const { sink, taken } = await openWith(`{% if event.sequence == 2 %}${source}{% endif %}`);
      expect(await sendAll(sink, quickRun())).toEqual([]);
      const [, second] = quickRun();
      expectWorded(await taken(), [second!]);
      expect(await sendAll(sink, quickRun().slice(0, 1))).toEqual([]);
      expect(await taken()).toEqual([]);
    });
  });
}

/** Delivers in batches as the dispatcher would; resolves with what was not taken. */
export async function sendAll(sink: Sink, events: readonly RunEvent[]): Promise<DeliveryOutcome[]> {
  const refusals: DeliveryOutcome[] = [];
  for (let at = 0; at < events.length; ) {
    const batch = events.slice(at, at + sink.maxBatch);
    const outcome = await sink.deliver(batch, { ...aContext(), sent: at });
    if (outcome.kind !== 'delivered') refusals.push(outcome);
    at += outcome.count ?? batch.length;
  }
  return refusals;
}

/** Expects the candidates in sequence, and the ending after them. */
function expectInOrder(shown: readonly Readable[]): void {
  const text = shown.map((one) => one.text).join('\n');
  const places = ['Lighthouse c1', 'Lighthouse c2', '2 matches among 12 candidates'].map((words) =>
    text.lastIndexOf(words),
  );
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
}

/** Expects messages that parse, fit, and do nothing but show text and web links. */
function expectSound<Sent>(suite: SinkSuite<Sent>, sent: readonly Sent[], events: readonly RunEvent[]): void {
  expect(sent.length).toBeGreaterThan(0);
  for (const one of sent) suite.withinLimits(one);
  const { carried } = suite;
  expect(carried ? sent.flatMap((one) => carried(one)) : []).toEqual(
    carried ? wellFormed(JSON.parse(JSON.stringify(events))) : [],
  );
  if (!suite.readable) return;
  for (const one of sent) expectHarmless(suite.readable(one), suite.own);
}

/** Expects text without tricks, web links only, and nothing live. */
function expectHarmless({ text, links, live = [] }: Readable, own?: RegExp): void {
  const theirs = own ? text.replaceAll(new RegExp(own.source, 'gu'), '') : text;
  expect(text.trim()).not.toBe('');
  expect(text.isWellFormed()).toBe(true);
  const seen = withoutJoiners(theirs.replaceAll('\n', ' '));
  for (const trick of [CONTROLS, BIDI, INVISIBLE]) expect(seen).not.toMatch(trick);
  for (const link of links) {
    const { protocol, hostname } = new URL(link);
    expect(['http:', 'https:']).toContain(protocol);
    expect(hostname).toContain('.');
  }
  expect(live).toEqual([]);
}

/** One request that reached the receiver whole. */
export interface SentRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A request as a sink of messages for people makes it, of which only the body matters. */
export function requestWith(body: unknown, path = '/'): SentRequest {
  return { method: 'POST', path, headers: {}, text: JSON.stringify(body) };
}

/** What goes with a status. */
interface Answer {
  body?: string;
  headers?: Record<string, string>;
}

export interface HttpSinkSuite extends Omit<SinkSuite<SentRequest>, 'open'> {
  /** The sink, sending to `url` (or below it) within `timeoutMs`. Its own secrets hold the word "canary". */
  make(url: string, options: { timeoutMs: number }): Sink;
  /** What the service answers, beside the status; the default is an empty body. */
  answer?(status: number): Answer;
  /** Statuses that mean something else here than `outcomeOf` says. */
  deviations?: Readonly<Record<number, DeliveryOutcome['kind']>>;
  /** False where `make` cannot take a URL with a path, a query and credentials. */
  takesAnyUrl?: boolean;
}

/** For receivers that never answer. */
const IMPATIENT = { timeoutMs: 300 };

const STATUSES = [
  ...[
    200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 408, 409,
  ],
  ...[410, 411, 412, 413, 414, 415, 418, 422, 423, 425, 426, 428, 429, 431, 451, 499],
  ...[500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 529, 599],
];

/** The laws of every sink, and those of the sinks that post. */
export function describeHttpSink(name: string, suite: HttpSinkSuite): void {
  const { make, answer = (): Answer => ({}), deviations = {}, takesAnyUrl = true } = suite;
  const [event] = quickRun();

  function respond(response: ServerResponse, status: number, more: Record<string, string> = {}): void {
    const { body = '', headers = {} } = answer(status);
    const bodiless = status === 204 || status === 304;
    response.writeHead(status, { ...headers, ...more }).end(bodiless ? undefined : body);
  }

  async function open(status: () => number = () => 200) {
    const requests: SentRequest[] = [];
    const { url } = await listen(recording(requests, (_, response) => respond(response, status())));
    const taken = () => requests.splice(0);
    return { sink: make(url, { timeoutMs: 5000 }), url, taken };
  }

  /** The outcome of one delivery to a receiver that does `listener`, which answers if `options` leaves it the time. */
  async function send(
    listener: RequestListener,
    options = { timeoutMs: 5000 },
    toUrl = (url: string) => url,
  ) {
    const { url } = await listen(listener);
    const context = { attempt: 1, signal: neverAborted() };
    return await make(toUrl(url), options).deliver([event], context);
  }

  function describeRetelling(): void {
    describe(`${name}: a message in the operator's words that is rejected`, () => {
      it('goes out in the built-in ones, and the log hears why', async () => {
        const statuses = [400, 200, 200];
        const { sink, taken } = await open(() => statuses.shift() ?? 200);
        const reasons: string[] = [];
        const worded = withTemplates(sink, {
          ...{ sources: { 'findall.*': '"words"' }, isJson: true, sendsAgain: true },
          onFailed: ({ reason }) => void reasons.push(reason),
        });
        expect(await worded.deliver([event], aContext())).toMatchObject({ kind: 'delivered' });
        expect(reasons).toHaveLength(1);
        const [first, second] = taken();
        await sink.deliver([event], aContext());
        const [builtIn] = taken();
        expect(first?.text).toContain('words');
        expect(second?.text).toBe(builtIn?.text);
      });
    });
  }

  describeSink(name, { ...suite, open });

  describe(`${name}: what an answer means`, () => {
    it.each(STATUSES)('%i', async (status) => {
      const { sink } = await open(() => status);
      const outcome = await sink.deliver([event], { attempt: 1, signal: neverAborted() });
      expect(outcome.kind).toBe(deviations[status] ?? outcomeOf({ status }).kind);
    });

    it.each([429, 503])('%i with Retry-After is tried again no earlier', async (status) => {
      const outcome = await send((_, response) => respond(response, status, { 'retry-after': '7' }));
      expect(outcome).toMatchObject({ kind: 'retry', retryAfterMs: 7000 });
    });

    it('429 with Retry-After is a pause of the whole sink, 503 is none', async () => {
      const pauseOf = async (status: number, headers: Record<string, string>) => {
        const outcome = await send((_, response) => respond(response, status, headers));
        expect(outcome.kind).toBe('retry');
        return 'pauseMs' in outcome ? outcome.pauseMs : undefined;
      };
      expect(await pauseOf(429, { 'retry-after': '7' })).toBe(7000);
      expect(await pauseOf(429, { 'retry-after': '86400' })).toBe(600_000);
      expect(await pauseOf(429, {})).toBeUndefined();
      expect(await pauseOf(503, { 'retry-after': '7' })).toBeUndefined();
    });

    it('2xx with words is kept in one short clean line', async () => {
      const body = `taken\r\n\u001b[31m\u202e as 12 ${'x'.repeat(1000)}`;
      const outcome = await send((_, response) => response.writeHead(201).end(body));
      expect(outcome).toEqual({
        kind: 'delivered',
        answer: expect.stringMatching(/^HTTP 201: taken \[31m as 12 x{172}…$/),
      });
    });

    it('a redirect is not followed', async () => {
      const elsewhere = await open();
      for (const status of [301, 302, 303, 307, 308]) {
        await send((_, response) => respond(response, status, { location: elsewhere.url }));
      }
      expect(elsewhere.taken()).toEqual([]);
    });
  });

  if (suite.takesTemplates !== false) describeRetelling();

  describe(`${name}: a receiver that`, () => {
    it('takes the message and never answers is tried again', async () => {
      expect(await send((request) => request.resume(), IMPATIENT)).toMatchObject({
        kind: 'retry',
        reason: expect.stringContaining('no answer'),
      });
    });

    it('never ends its refusal is tried again in time', async () => {
      const outcome = await send((_, response) => {
        response.writeHead(503, { 'content-length': '100' }).write('o');
      }, IMPATIENT);
      expect(outcome).toMatchObject({ kind: 'retry' });
    });

    it('cuts the connection is tried again', async () => {
      expect(await send((request) => request.socket.destroy())).toMatchObject({ kind: 'retry' });
    });

    it('is not there is tried again', async () => {
      expect(await make(await closedPort(), { timeoutMs: 2000 }).deliver([event], aContext())).toMatchObject({
        kind: 'retry',
        reason: expect.stringContaining('connection refused'),
      });
    });

    it('answers with anything at all is no reason to throw', async () => {
      const bodies = [
        '',
        'ok',
        '{',
        '[]',
        'null',
        '{"ok":1}',
        '{"retry_after":"x"}',
        '\u0000',
        'x'.repeat(200_000),
      ];
      for (const status of [200, 400, 404, 429, 500]) {
        for (const body of bodies) {
          const outcome = await send(
            (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body),
            { timeoutMs: 5000 },
          );
          expect(outcome).toHaveProperty('kind');
          expectHarmlessReason(outcome);
        }
      }
    });
  });

  describe(`${name}: a shutdown while the receiver is silent`, () => {
    it('rejects at once and leaves nothing running', async () => {
      const { url, server } = await listen((request) => request.resume());
      const shutdown = new AbortController();
      const context = { attempt: 1, signal: shutdown.signal };
      const rejection = make(url, { timeoutMs: 60_000 })
        .deliver([event], context)
        .then(
          () => new Error('it did not reject'),
          (error: unknown) => error,
        );
      await once(server, 'request');
      const start = performance.now();
      shutdown.abort(new Error('shutdown'));
      expect(await rejection).toEqual(new Error('shutdown'));
      expect(performance.now() - start).toBeLessThan(5000);
      await eventually(
        () => new Promise((resolve) => server.getConnections((_, count) => resolve(count === 0))),
        { within: 20_000, what: 'the connection being let go' },
      );
    });
  });

  describe(`${name}: no secret`, () => {
    const secretly = (url: string) =>
      takesAnyUrl
        ? `${url.replace('//', '//canary-user:canary-pass@')}/canary-path?token=canary-query#canary-part`
        : url;

    it('is in the reason of any outcome', async () => {
      const outcomes: DeliveryOutcome[] = [];
      for (const status of STATUSES) {
        outcomes.push(
          await send(
            (request, response) => {
              const said = `${request.url ?? ''} ${JSON.stringify(request.headers)}`;
              const location = `http://127.0.0.1${request.url ?? ''}`;
              const bodiless = status === 204 || status === 304;
              response.writeHead(status, { location }).end(bodiless ? undefined : said);
            },
            { timeoutMs: 5000 },
            secretly,
          ),
        );
      }
      outcomes.push(await send((request) => request.resume(), { timeoutMs: 100 }, secretly));
      outcomes.push(await send((request) => request.socket.destroy(), { timeoutMs: 5000 }, secretly));
      const gone = make(secretly(await closedPort()), { timeoutMs: 2000 });
      outcomes.push(await gone.deliver([event], aContext()));
      expect(JSON.stringify(outcomes)).not.toMatch(/canary/i);
      expect(JSON.stringify(outcomes)).not.toContain(
        Buffer.from('canary-user:canary-pass').toString('base64'),
      );
    });
  });
}

/** A reason goes into a line of the log and of a terminal. */
function expectHarmlessReason(outcome: DeliveryOutcome): void {
  const isDelivered = outcome.kind === 'delivered';
  const words = isDelivered ? (outcome.answer ?? '') : outcome.reason;
  expect(words).not.toMatch(CONTROLS);
  expect(Array.from(words).length).toBeLessThanOrEqual(isDelivered ? 200 : 400);
}

/** Keeps what arrives whole, then answers. */
function recording(requests: SentRequest[], answer: RequestListener): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      requests.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        text,
      });
      answer(request, response);
    });
  };
}

/** An address where nobody listens any more. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

function aContext() {
  return { attempt: 1, signal: neverAborted() };
}

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
