import { text } from '../../config/forms/setting-kinds.ts';
import type { SinkSettings } from '../definition.ts';
import { groupForPrograms } from '../settings/group.ts';
import { open } from '../settings/own-setting.ts';
import { sinkSection } from '../settings/sink-base.ts';

interface FileConfig {
  /** Absolute. */
  readonly path: string;
}

const FILE_PATH = text('a file path', /^(?![A-Za-z][\w+.-]*:\/\/)[^\0]+$/s);

const section = sinkSection('file', 'One line of JSON per event at the end of a file.', {
  group: groupForPrograms,
  path: FILE_PATH.describe('File that events are appended to; relative to the working directory.'),
});

export const fileSettings: SinkSettings<typeof section, FileConfig> = {
  section,
  toOwn: ({ path }, { absolute }) => ({ path: absolute(path) }),
  own: { path: open(({ path }) => path) },
};
