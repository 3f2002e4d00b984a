import { defineSink } from '../definition.ts';
import { ntfySettings } from './settings.ts';

export const ntfy = defineSink({
  ...ntfySettings,
  carries: 'people',
  async create(config, { clock, userAgent, onTooLong }) {
    const { createNtfySink } = await import('./ntfy-sink.ts');
    return createNtfySink({ ...config, clock, userAgent, onTooLong });
  },
});
