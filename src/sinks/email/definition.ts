import { defineSink } from '../definition.ts';
import { emailSettings } from './settings.ts';

export const email = defineSink({
  ...emailSettings,
  carries: 'people',
  async create(config, { clock, log: { logger }, onTooLong }) {
    const { createEmailSink } = await import('./email-sink.ts');
    const { user, password } = config;
    return createEmailSink({
      ...config,
      login: user === null || password === null ? null : { user, password },
      onTooLong,
      clock,
      onRefused: (refused) => logger.warn({ sink: config.name, refused }, 'mail refused for recipients'),
    });
  },
});
