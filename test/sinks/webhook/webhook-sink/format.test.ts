import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../../src/run-event.ts';
import { candidateEvent, EVERY_TYPE, keyEvent, noticeEvent } from '../../../builders/event-builders.ts';
import { describeHttpSink, type SentRequest } from '../../sink-suite.ts';
import { receive, sinkTo } from '../webhook.ts';

const SECRET = `whsec_${Buffer.from('a secret of at least 24 bytes').toString('base64')}`;

/** The part that is about us of https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/cloudevents.json */
const CLOUDEVENT = {
  type: 'object',
  required: ['id', 'source', 'specversion', 'type'],
  properties: {
    id: { type: 'string', minLength: 1 },
    source: { type: 'string', format: 'uri-reference', minLength: 1 },
    specversion: { type: 'string', minLength: 1 },
    type: { type: 'string', minLength: 1 },
    datacontenttype: { type: ['string', 'null'], minLength: 1 },
    subject: { type: ['string', 'null'], minLength: 1 },
    time: { type: ['string', 'null'], format: 'date-time', minLength: 1 },
    data: { type: ['object', 'string', 'number', 'array', 'boolean', 'null'] },
  },
  // Names of attributes are lower-case letters and digits.
  propertyNames: { pattern: '^[a-z0-9]{1,20}$' },
} as const;

const isCloudEvent = addFormats.default(new Ajv({ allowUnionTypes: true })).compile(CLOUDEVENT);

function expectJson({ headers }: SentRequest): void {
  expect(headers['content-type']).toBe('application/json');
}

function expectCloudEvent({ text, headers }: SentRequest): void {
  expect(headers['content-type']).toBe('application/cloudevents+json');
  isCloudEvent(JSON.parse(text));
  expect(isCloudEvent.errors).toBeNull();
}

describeHttpSink('webhook', {
  make: (url, { timeoutMs }) =>
    sinkTo(url, { timeoutMs, secrets: [SECRET], headers: { 'x-api-key': 'canary-header' } }),
  carried: ({ text }) => [JSON.parse(text)],
  withinLimits: expectJson,
  ids: ({ headers }) => [String(headers['webhook-id'])],
});

describeHttpSink('webhook (cloudevents)', {
  make: (url, { timeoutMs }) => sinkTo(url, { timeoutMs, format: 'cloudevents' }),
  carried: ({ text }) => [(JSON.parse(text) as { data: unknown }).data],
  withinLimits: expectCloudEvent,
  ids: ({ text, headers }) => [(JSON.parse(text) as { id: string }).id, String(headers['webhook-id'])],
  takesTemplates: false,
});

async function enveloped(event: RunEvent) {
  const receiver = await receive();
  const { signal } = new AbortController();
  await sinkTo(receiver.url, { format: 'cloudevents', secrets: [SECRET] }).deliver([event], {
    attempt: 1,
    signal,
  });
  return receiver.deliveries[0]!;
}

describe('the envelope', () => {
  it('names the candidate, and holds the event as it is', async () => {
    const event = candidateEvent();
    const { body, text, headers } = await enveloped(event);
    expect(body).toEqual({
      specversion: '1.0',
      id: event.id,
      source: '/findall/findall_a',
      type: 'findall.candidate.matched',
      subject: 'c1',
      time: '2026-02-01T08:00:00.000Z',
      datacontenttype: 'application/json',
      data: event,
    });
    expect(new Webhook(SECRET).verify(text, headers as Record<string, string>)).toEqual(body);
  });

  it.each<[string, RunEvent, string]>([
    ['a run', noticeEvent('degraded'), '/findall/findall_a'],
    ['the key', keyEvent('blocked'), '/findall/key'],
  ])('of what concerns %s has no subject', async (_, event, source) => {
    const { body } = await enveloped(event);
    expect(body).toMatchObject({ source });
    expect(body).not.toHaveProperty('subject');
  });

  it('of every type has an id of its own', () => {
    expect(new Set(EVERY_TYPE.map(({ id }) => id)).size).toBe(EVERY_TYPE.length);
  });
});

describe('further headers', () => {
  it('go out beside ours, which they cannot take the place of', async () => {
    const receiver = await receive();
    const headers = {
      'x-team': 'coast',
      authorization: 'Bearer t',
      'user-agent': 'me',
      'content-type': 'x/y',
    };
    const { signal } = new AbortController();
    const event = candidateEvent();
    await sinkTo(receiver.url, { headers }).deliver([event], { attempt: 1, signal });
    expect(receiver.deliveries[0]?.headers).toMatchObject({
      'x-team': 'coast',
      authorization: 'Bearer t',
      'user-agent': 'me',
      'content-type': 'application/json',
      'webhook-id': event.id,
    });
  });
});
