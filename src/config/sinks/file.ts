import { z } from 'zod';
import { map, text } from '../setting-kinds.ts';
import { groupForPrograms } from './group.ts';
import type { ShownSetting } from './shown-setting.ts';
import { type SinkBase, type Surroundings, sinkBase, toSinkBase } from './sink-base.ts';

/** `type: file` */
export interface FileSinkConfig extends SinkBase {
  readonly type: 'file';
  /** Absolute. */
  readonly path: string;
}

const FILE_PATH = text('a file path', /^(?![A-Za-z][\w+.-]*:\/\/)[^\0]+$/s);

export const fileSection = map({
  type: z.literal('file').describe('One line of JSON per event at the end of a file.'),
  ...sinkBase,
  group: groupForPrograms,
  path: FILE_PATH.describe('File that events are appended to; relative to the working directory.'),
});

export function toFileSink(
  checked: z.output<typeof fileSection>,
  { absolute }: Surroundings,
): FileSinkConfig {
  return { ...toSinkBase(checked), type: 'file', path: absolute(checked.path) };
}

/** For `check`. */
export function fileSettings({ path }: FileSinkConfig): ShownSetting[] {
  return [['path', path]];
}
