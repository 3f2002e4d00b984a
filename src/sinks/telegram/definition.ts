import { defineSink } from '../definition.ts';
import { telegramSettings } from './settings.ts';

export const telegram = defineSink({
  ...telegramSettings,
  carries: 'people',
  async create(config, { clock, userAgent, onTooLong }) {
    const { createTelegramSink } = await import('./telegram-sink.ts');
    return createTelegramSink({ ...config, clock, userAgent, onTooLong });
  },
});
