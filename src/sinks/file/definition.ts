import { defineSink } from '../definition.ts';
import { fileSettings } from './settings.ts';

export const file = defineSink({
  ...fileSettings,
  carries: 'each',
  async create({ name, path }, { clock }) {
    const { createFileSink } = await import('./file-sink.ts');
    return createFileSink({ name, path, clock });
  },
});
