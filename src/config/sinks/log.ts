import { z } from 'zod';
import { map } from '../setting-kinds.ts';
import { groupForPrograms } from './group.ts';
import { type SinkBase, sinkBase, toSinkBase } from './sink-base.ts';

/** `type: log` */
export interface LogSinkConfig extends SinkBase {
  readonly type: 'log';
}

export const logSection = map({
  type: z.literal('log').describe('One line per event on standard output.'),
  ...sinkBase,
  group: groupForPrograms,
});

export function toLogSink(checked: z.output<typeof logSection>): LogSinkConfig {
  return { ...toSinkBase(checked), type: 'log' };
}
