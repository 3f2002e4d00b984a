import { defineSink } from '../definition.ts';
import { commandSettings } from './settings.ts';

export const command = defineSink({
  ...commandSettings,
  carries: 'batch',
  actsOnRejected: true,
  async create(config, { clock }) {
    const { createCommandSink } = await import('./command-sink.ts');
    return createCommandSink({ ...config, maxBatch: config.group.max, clock });
  },
});
