// cspell:ignore skagen
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { DeliveryOutcome } from '../../../src/deliver/sink.ts';
import { outcomeOf } from '../../../src/sinks/kit/answers.ts';
import { matchEvent } from '../../builders/event-builders.ts';
import { receive, sinkTo, send } from './webhook.ts';

const SECRET = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`;
const NEXT_SECRET = `whsec_${Buffer.from('the next one, for a rotation').toString('base64')}`;

describe('every status', () => {
  const REJECTED = new Set([400, 413, 415, 422]);

  function expectedFor(status: number): DeliveryOutcome['kind'] {
    if (status < 300) return 'delivered';
    if (status === 410) return 'stopped';
    return REJECTED.has(status) ? 'rejected' : 'retry';
  }

  it('from 200 to 599 means what the table says, on a socket', async () => {
    let status = 200;
    const receiver = await receive(() => status);
    const sink = sinkTo(receiver.url);
    const context = { attempt: 1, signal: new AbortController().signal };
    const wrong: string[] = [];
    for (; status < 600; status++) {
      const { kind } = await sink.deliver([matchEvent()], context);
      if (kind !== expectedFor(status)) wrong.push(`${status} is ${kind}`);
    }
    expect(wrong).toEqual([]);
    // Each was sent once: repeating is the outbox's business.
    expect(receiver.deliveries).toHaveLength(400);
  });

  it.each<[number, DeliveryOutcome]>([
    [200, { kind: 'delivered', answer: 'HTTP 200' }],
    [202, { kind: 'delivered', answer: 'HTTP 202' }],
    [301, { kind: 'retry', reason: 'HTTP 301: a redirect, not followed' }],
    [400, { kind: 'rejected', reason: 'HTTP 400' }],
    [401, { kind: 'retry', reason: 'HTTP 401' }],
    [404, { kind: 'retry', reason: 'HTTP 404' }],
    [410, { kind: 'stopped', reason: 'HTTP 410: the receiver asked for no more deliveries' }],
    [429, { kind: 'retry', reason: 'HTTP 429' }],
    [500, { kind: 'retry', reason: 'HTTP 500' }],
  ])('%s has this reason', (status, outcome) => {
    expect(outcomeOf({ status })).toEqual(outcome);
  });
});

describe('the message', () => {
  it('is the event in the shape of the API’s own webhooks, with our fields beside', async () => {
    const receiver = await receive();
    const event = matchEvent();
    expect(await send(receiver.url)).toMatchObject({ kind: 'delivered' });
    expect(receiver.deliveries[0]?.body).toEqual(event);
    expect(Object.keys(receiver.deliveries[0]?.body ?? {})).toEqual(
      expect.arrayContaining(['type', 'timestamp', 'data', 'id', 'sequence', 'episode']),
    );
    expect(receiver.deliveries[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'findall-watch/test',
      'webhook-id': event.id,
    });
  });

  it('has letters of every script, in bytes that fit its length', async () => {
    const receiver = await receive();
    const event = matchEvent();
    event.data.name = 'Skagen Grå Fyr – 灯台 🗼';
    const { signal } = new AbortController();
    await sinkTo(receiver.url, { secrets: [SECRET] }).deliver([event], { attempt: 1, signal });
    const { text, headers } = receiver.deliveries[0]!;
    expect(JSON.parse(text)).toEqual(event);
    expect(headers['content-length']).toBe(String(Buffer.byteLength(text)));
    expect(new Webhook(SECRET).verify(text, headers as Record<string, string>)).toEqual(event);
  });

  it('goes to the path and query that are configured', async () => {
    const receiver = await receive();
    await send(`${receiver.url}/deep?token=t&x=1#part`);
    expect(receiver.deliveries[0]?.path).toBe('/hook/deep?token=t&x=1');
  });

  it('is one event a message', () => {
    expect(sinkTo('https://crm.example').maxBatch).toBe(1);
  });
});

describe('the signature', () => {
  it('verifies with the reference library, under each of two secrets', async () => {
    const receiver = await receive();
    await send(receiver.url, { secrets: [SECRET, NEXT_SECRET] });
    const { text, headers } = receiver.deliveries[0]!;
    for (const secret of [SECRET, NEXT_SECRET]) {
      expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toMatchObject({
        type: 'findall.candidate.matched',
      });
    }
    expect(() =>
      new Webhook(Buffer.from('someone else’s secret').toString('base64')).verify(
        text,
        headers as Record<string, string>,
      ),
    ).toThrow('No matching signature');
  });

  it('does not verify over another body', async () => {
    const receiver = await receive();
    await send(receiver.url, { secrets: [SECRET] });
    const { text, headers } = receiver.deliveries[0]!;
    expect(() => new Webhook(SECRET).verify(`${text} `, headers as Record<string, string>)).toThrow(
      'No matching signature',
    );
  });

  it('is left out when there is no secret', async () => {
    const receiver = await receive();
    await send(receiver.url);
    expect(receiver.deliveries[0]?.headers['webhook-signature']).toBeUndefined();
    expect(receiver.deliveries[0]?.headers['webhook-timestamp']).toMatch(/^\d{10}$/);
  });

  it('is over the time of sending, while id and bytes stay the same over retries and restarts', async () => {
    const receiver = await receive((_, n) => (n < 3 ? 500 : 204));
    for (const minute of [0, 1, 2]) {
      const clock = { ...systemClock, now: () => Date.now() + minute * 60_000 };
      await send(receiver.url, { secrets: [SECRET], clock });
    }
    const { deliveries } = receiver;
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(1);
    expect(new Set(deliveries.map(({ text }) => text)).size).toBe(1);
    expect(new Set(deliveries.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    for (const { text, headers } of deliveries) {
      expect(() => new Webhook(SECRET).verify(text, headers as Record<string, string>)).not.toThrow();
    }
  });
});

describe('Retry-After', () => {
  it.each([
    ['seconds', '7', 7000],
    ['more than ten minutes', '86400', 600_000],
    ['a date', new Date(Date.UTC(2026, 1, 1, 8, 0, 30)).toUTCString(), 30_000],
    ['a date gone by', new Date(Date.UTC(2026, 1, 1, 7)).toUTCString(), 0],
    ['nonsense', 'soon', undefined],
  ])('as %s is passed on, clamped', async (_, header, retryAfterMs) => {
    const receiver = await receive(() => ({ status: 429, headers: { 'retry-after': header } }));
    const clock = { ...systemClock, now: () => Date.UTC(2026, 1, 1, 8) };
    expect(await send(receiver.url, { clock })).toEqual({
      kind: 'retry',
      reason: 'HTTP 429',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs, pauseMs: retryAfterMs }),
    });
  });
});
