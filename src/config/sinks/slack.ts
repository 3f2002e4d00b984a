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
import { slackRate } from './usual-rate.ts';

/** `type: slack` */
export interface SlackSinkConfig extends SinkBase {
  readonly type: 'slack';
  /** An incoming webhook, itself the secret. */
  readonly url: string;
  readonly proxy: string | null;
  readonly allowPlainHttp: boolean;
  readonly timeoutMs: number;
}

export const slackSection = map({
  type: z
    .literal('slack')
    .describe('One message per group of events to a Slack channel, through an incoming webhook.'),
  ...sinkBase,
  group: groupForPeople(),
  url: SECRET_URL.describe('The incoming webhook; a secret, since whoever has it may post.'),
  proxy,
  allowPlainHttp,
  timeout,
});

export function toSlackSink(checked: z.output<typeof slackSection>): SlackSinkConfig {
  return {
    ...toSinkBase(checked, slackRate(checked.url)),
    type: 'slack',
    url: checked.url,
    proxy: checked.proxy ?? null,
    allowPlainHttp: checked.allowPlainHttp,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. */
export function slackSettings(sink: SlackSinkConfig): ShownSetting[] {
  const { url, timeoutMs } = sink;
  return [['url', maskPath(url)], ...shownProxy(sink), ['timeout', formatDuration(timeoutMs)]];
}
