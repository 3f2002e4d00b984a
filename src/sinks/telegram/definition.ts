import { defineSink } from '../definition.ts';
import { telegramSettings } from './settings.ts';

export const telegram = defineSink({
  ...telegramSettings,
  carries: 'people',
  async create(config, { clock, userAgent }) {
    const { createTelegramSink } = await import('../../deliver/sinks/telegram-sink.ts');
    return createTelegramSink({ ...config, listed: config.group.max, clock, userAgent });
  },
});
