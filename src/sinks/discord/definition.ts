import { defineSink } from '../definition.ts';
import { discordSettings } from './settings.ts';

export const discord = defineSink({
  ...discordSettings,
  carries: 'people',
  async create(config, { clock, userAgent, onTooLong }) {
    const { createDiscordSink } = await import('./discord-sink.ts');
    return createDiscordSink({ ...config, clock, userAgent, onTooLong });
  },
});
