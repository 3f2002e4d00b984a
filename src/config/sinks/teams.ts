import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { maskPath } from '../mask-url.ts';
import { map } from '../setting-kinds.ts';
import { SECRET_URL } from '../text-forms.ts';
import { groupForPeople } from './group.ts';
import type { ShownSetting } from './shown-setting.ts';
import { type SinkBase, sinkBase, timeout, toSinkBase } from './sink-base.ts';
import { teamsRate } from './usual-rate.ts';

/** `type: teams` */
export interface TeamsSinkConfig extends SinkBase {
  readonly type: 'teams';
  /** A Workflows webhook, itself the secret. */
  readonly url: string;
  readonly timeoutMs: number;
}

export const teamsSection = map({
  type: z
    .literal('teams')
    .describe('One card per group of events to a Teams channel or chat, through a Workflows webhook.'),
  ...sinkBase,
  group: groupForPeople(),
  url: SECRET_URL.describe('The webhook of the workflow; a secret, since whoever has it may post.'),
  timeout,
});

export function toTeamsSink(checked: z.output<typeof teamsSection>): TeamsSinkConfig {
  return {
    ...toSinkBase(checked, teamsRate(checked.url)),
    type: 'teams',
    url: checked.url,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. */
export function teamsSettings({ url, timeoutMs }: TeamsSinkConfig): ShownSetting[] {
  return [
    ['url', maskPath(url)],
    ['timeout', formatDuration(timeoutMs)],
  ];
}
