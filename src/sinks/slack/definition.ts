import { defineSink } from '../definition.ts';
import { slackSettings } from './settings.ts';

export const slack = defineSink({
  ...slackSettings,
  carries: 'people',
  async create(config, { clock, userAgent }) {
    const { createSlackSink } = await import('../../deliver/sinks/slack-sink.ts');
    return createSlackSink({ ...config, listed: config.group.max, clock, userAgent });
  },
});
