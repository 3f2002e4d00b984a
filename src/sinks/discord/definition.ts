import { defineSink } from '../definition.ts';
import { discordSettings } from './settings.ts';

export const discord = defineSink({
  ...discordSettings,
  carries: 'people',
  async create(config, { clock, userAgent }) {
    const { createDiscordSink } = await import('../../deliver/sinks/discord-sink.ts');
    return createDiscordSink({ ...config, listed: config.group.max, clock, userAgent });
  },
});
