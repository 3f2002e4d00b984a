import { defineSink } from '../definition.ts';
import { teamsSettings } from './settings.ts';

export const teams = defineSink({
  ...teamsSettings,
  carries: 'people',
  async create(config, { clock, userAgent }) {
    const { createTeamsSink } = await import('../../deliver/sinks/teams-sink.ts');
    return createTeamsSink({ ...config, listed: config.group.max, clock, userAgent });
  },
});
