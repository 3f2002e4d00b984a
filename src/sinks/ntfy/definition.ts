import { defineSink } from '../definition.ts';
import { ntfySettings } from './settings.ts';

export const ntfy = defineSink({
  ...ntfySettings,
  carries: 'people',
  async create(config, { clock, userAgent }) {
    const { createNtfySink } = await import('../../deliver/sinks/ntfy-sink.ts');
    return createNtfySink({ ...config, listed: config.group.max, clock, userAgent });
  },
});
