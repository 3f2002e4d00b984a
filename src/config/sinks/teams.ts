import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { maskPath } from '../mask-url.ts';
import { map } from '../setting-kinds.ts';
import { SECRET_URL } from '../text-forms.ts';
import { groupForPeople } from './group.ts';
import type { ShownSetting } from './shown-setting.ts';
import {
  allowPlainHttp,
  proxy,
  type SinkBase,
  shownProxy,
  sinkBase,
  timeout,
  toSinkBase,
} from './sink-base.ts';
import { teamsRate } from './usual-rate.ts';

/** `type: teams` */
export interface TeamsSinkConfig extends SinkBase {
  readonly type: 'teams';
  /** A Workflows webhook, itself the secret. */
  readonly url: string;
  readonly proxy: string | null;
  readonly allowPlainHttp: boolean;
  readonly timeoutMs: number;
}

export const teamsSection = map({
  type: z
    .literal('teams')
    .describe('One card per group of events to a Teams channel or chat, through a Workflows webhook.'),
  ...sinkBase,
  group: groupForPeople(),
  url: SECRET_URL.describe('The webhook of the workflow; a secret, since whoever has it may post.'),
  proxy,
  allowPlainHttp,
  timeout,
});

export function toTeamsSink(checked: z.output<typeof teamsSection>): TeamsSinkConfig {
  return {
    ...toSinkBase(checked, teamsRate(checked.url)),
    type: 'teams',
    url: checked.url,
    proxy: checked.proxy ?? null,
    allowPlainHttp: checked.allowPlainHttp,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. */
export function teamsSettings(sink: TeamsSinkConfig): ShownSetting[] {
  const { url, timeoutMs } = sink;
  return [['url', maskPath(url)], ...shownProxy(sink), ['timeout', formatDuration(timeoutMs)]];
}
