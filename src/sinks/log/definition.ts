import { defineSink } from '../definition.ts';
import { logSettings } from './settings.ts';

export const log = defineSink({
  ...logSettings,
  carries: 'each',
  async create({ name }, { log: { writeLine } }) {
    const { createLogSink } = await import('./log-sink.ts');
    return createLogSink(name, writeLine);
  },
});
