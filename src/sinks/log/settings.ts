import type { SinkSettings } from '../definition.ts';
import { groupForPrograms } from '../settings/group.ts';
import { sinkSection } from '../settings/sink-base.ts';

const section = sinkSection('log', 'One line per event on standard output.', { group: groupForPrograms });

export const logSettings: SinkSettings<typeof section, object> = {
  section,
  toOwn: () => ({}),
  own: {},
};
