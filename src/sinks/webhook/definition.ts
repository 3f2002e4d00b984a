import { defineSink } from '../definition.ts';
import { byLowerCaseName } from './headers.ts';
import { webhookSettings } from './settings.ts';

export const webhook = defineSink({
  ...webhookSettings,
  carries: 'each',
  textIsJson: true,
  async create(config, { clock, userAgent }) {
    const { createWebhookSink } = await import('./webhook-sink.ts');
    const headers = byLowerCaseName(config.headers);
    return createWebhookSink({ ...config, headers, secrets: config.secret, clock, userAgent });
  },
});
