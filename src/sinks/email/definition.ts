import { defineSink } from '../definition.ts';
import { emailSettings } from './settings.ts';

export const email = defineSink({
  ...emailSettings,
  carries: 'people',
  async create(config, { clock, log: { logger }, onTooLong }) {
    const { createEmailSink } = await import('./email-sink.ts');
    return createEmailSink({
      ...config,
      onTooLong,
      clock,
      onRefused: (refused) => logger.warn({ sink: config.name, refused }, 'mail refused for recipients'),
    });
  },
});
