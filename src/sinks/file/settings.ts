import { open } from '../../config/forms/setting.ts';
import { text } from '../../config/forms/setting-kinds.ts';
import { groupForPrograms } from '../settings/group.ts';
import { sinkSettings } from '../settings/sink-settings.ts';

const FILE_PATH = text('a file path', /^(?![A-Za-z][\w+.-]*:\/\/)[^\0]+$/s);

export const fileSettings = sinkSettings('file', {
  does: 'One line of JSON per event at the end of a file.',
  group: groupForPrograms,
  own: {
    path: open(FILE_PATH, 'File that events are appended to; relative to the working directory.', {
      sample: './findall-events.jsonl',
    }),
  },
  resolve: ({ path }, { absolute }) => ({ path: absolute(path) }),
});
