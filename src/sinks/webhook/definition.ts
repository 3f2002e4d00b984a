import { defineSink } from '../definition.ts';
import { webhookSettings } from './settings.ts';

export const webhook = defineSink({
  ...webhookSettings,
  carries: 'each',
  textIsJson: true,
  async create(config, { clock, userAgent }) {
    const { createWebhookSink } = await import('./webhook-sink.ts');
    return createWebhookSink({ ...config, secrets: config.secret, clock, userAgent });
  },
});
