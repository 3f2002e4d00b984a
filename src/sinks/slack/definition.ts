import { defineSink } from '../definition.ts';
import { slackSettings } from './settings.ts';

export const slack = defineSink({
  ...slackSettings,
  carries: 'people',
  async create(config, { clock, userAgent, onTooLong }) {
    const { createSlackSink } = await import('./slack-sink.ts');
    return createSlackSink({ ...config, clock, userAgent, onTooLong });
  },
});
