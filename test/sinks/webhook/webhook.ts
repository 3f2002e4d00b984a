import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { DeliveryOutcome } from '../../../src/deliver/sink.ts';
import { createWebhookSink, type WebhookSinkOptions } from '../../../src/sinks/webhook/webhook-sink.ts';
import { type Respond, startReceiver } from '../../support/servers/receiver.ts';
import { matchEvent } from '../../builders/event-builders.ts';

/** A webhook sink to `url`, unsigned. */
export function sinkTo(url: string, more: Partial<WebhookSinkOptions> = {}) {
  return createWebhookSink({
    name: 'crm',
    url,
    secrets: [],
    format: 'json',
    headers: {},
    proxy: null,
    timeoutMs: 5000,
    userAgent: 'findall-watch/test',
    clock: systemClock,
    ...more,
  });
}

/** One delivery of one match. */
export async function send(
  url: string,
  more: Partial<WebhookSinkOptions> = {},
  signal = new AbortController().signal,
): Promise<DeliveryOutcome> {
  return await sinkTo(url, more).deliver([matchEvent()], { attempt: 1, signal });
}

/** A receiver for as long as the test runs. */
export async function receive(respond: Respond = () => 204) {
  const receiver = await startReceiver({ respond });
  onTestFinished(() => receiver.close());
  return receiver;
}
