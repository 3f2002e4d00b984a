import { Webhook } from 'standardwebhooks';
import type { Clock } from '../../clock.ts';
import type { RunEvent } from '../../run-event.ts';
import { endpointOf } from '../../http/endpoint.ts';
import { jsonWith } from '../../text/json-line.ts';
import { outcomeOf } from '../kit/answers.ts';
import { eventJson } from '../kit/event-json.ts';
import { plainText } from '../kit/spans.ts';
import { createPoster } from '../../http/post.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import { CLOUDEVENTS_TYPE, cloudEventOf } from './cloud-event.ts';
import type { JsonText } from '../../text/harmless-json.ts';
import type { TextContext } from '../kit/texts.ts';

export interface WebhookSinkOptions {
  name: string;
  /** May carry credentials and a secret query: never leaves this file but as the request. */
  url: string;
  /** Standard Webhooks secrets; each signs, so that a receiver may rotate. None = unsigned. */
  secrets: readonly string[];
  /** `json`: the event itself; `cloudevents`: within the envelope of CloudEvents 1.0. */
  format: 'json' | 'cloudevents';
  /** Beside ours, by lower-case name; none of ours among them. */
  headers: Readonly<Record<string, string>>;
  /** URL of an HTTP proxy; null for none. */
  proxy: string | null;
  /** Deadline over headers and body. */
  timeoutMs: number;
  userAgent: string;
  clock: Clock;
}

/**
 * POSTs each event as JSON, in the shape of the API's own webhooks with our fields beside `type`, `timestamp` and
 * `data`, or that in the envelope of CloudEvents, or what the operator's template makes of it. Headers and signature follow Standard Webhooks; `webhook-id` is the event id, the same over retries,
 * restarts and rebuilt stores, so a receiver that remembers ids sees every event once.
 */
export function createWebhookSink(options: WebhookSinkOptions): Sink {
  const poster = createPoster({
    ...options,
    endpoint: endpointOf(options.url),
    secrets: secretsOf(options),
  });
  const signers = options.secrets.map((secret) => new Webhook(secret));
  return {
    name: options.name,
    maxBatch: 1,
    concurrency: 8,
    async deliver([event], context: TextContext) {
      if (!event) return { kind: 'delivered' };
      const isEnveloped = options.format === 'cloudevents';
      const text = context.texts?.get(event.id);
      const body = text ? plainText(text) : bodyOf(event, context, isEnveloped);
      const headers = {
        'user-agent': options.userAgent,
        ...options.headers,
        'content-type': isEnveloped ? CLOUDEVENTS_TYPE : 'application/json',
        ...signedHeaders(event, body, signers, options.clock),
      };
      const answer = await poster.post({ body, headers }, context.signal);
      if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason };
      return withWords(outcomeOf(answer), answer.said);
    },
    probe: poster.probe,
    close: poster.close,
  };
}

function bodyOf(event: RunEvent, context: TextContext, isEnveloped: boolean): JsonText {
  const json = eventJson(event, context);
  return isEnveloped ? jsonWith(cloudEventOf(event), { data: json }) : json;
}

/** To fix a dead delivery, an operator needs the receiver's words; a page of HTML has none. */
function withWords(outcome: DeliveryOutcome, said: string): DeliveryOutcome {
  if (outcome.kind !== 'rejected' || said === '' || said.startsWith('<')) return outcome;
  return { ...outcome, reason: `${outcome.reason}: ${said}` };
}

/** What no answer may be quoted with; of a header also its words, since only one of `Bearer …` is the token. */
function secretsOf({ secrets, headers }: WebhookSinkOptions): string[] {
  const values = Object.values(headers).flatMap((value) => [value, ...value.split(' ')]);
  return [...secrets.map((secret) => secret.replace(/^whsec_/, '')), ...values];
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function signedHeaders(
  event: RunEvent,
  body: string,
  signers: readonly Webhook[],
  clock: Clock,
): Record<string, string> {
  const sentAt = new Date(clock.now());
  const signatures = signers.map((signer) => signer.sign(event.id, sentAt, body));
  return {
    'webhook-id': event.id,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
  };
}
