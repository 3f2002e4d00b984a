import { defineSink } from '../definition.ts';
import { teamsSettings } from './settings.ts';

export const teams = defineSink({
  ...teamsSettings,
  carries: 'people',
  async create(config, { clock, userAgent, onTooLong }) {
    const { createTeamsSink } = await import('./teams-sink.ts');
    return createTeamsSink({ ...config, clock, userAgent, onTooLong });
  },
});
