import { groupForPrograms } from '../settings/group.ts';
import { sinkSettings } from '../settings/sink-settings.ts';

export const logSettings = sinkSettings('log', {
  does: 'One line per event on standard output.',
  group: groupForPrograms,
  own: {},
});
