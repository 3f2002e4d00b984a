import { defineSink } from '../definition.ts';
import { emailSettings } from './settings.ts';

export const email = defineSink({
  ...emailSettings,
  carries: 'people',
  async create(config, { clock, log: { logger } }) {
    const { createEmailSink } = await import('../../deliver/sinks/email-sink.ts');
    return createEmailSink({
      ...config,
      listed: config.group.max,
      clock,
      onRefused: (refused) => logger.warn({ sink: config.name, refused }, 'mail refused for recipients'),
    });
  },
});
