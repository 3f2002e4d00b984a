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
import { discordRate } from './usual-rate.ts';

/** `type: discord` */
export interface DiscordSinkConfig extends SinkBase {
  readonly type: 'discord';
  /** A webhook, itself the secret. */
  readonly url: string;
  readonly proxy: string | null;
  readonly allowPlainHttp: boolean;
  readonly timeoutMs: number;
}

export const discordSection = map({
  type: z
    .literal('discord')
    .describe('One message per group of events to a Discord channel, through its webhook.'),
  ...sinkBase,
  // A message holds ten embeds: discord.com/developers/docs/resources/webhook#execute-webhook
  group: groupForPeople({ max: 10, most: 10 }),
  url: SECRET_URL.describe(
    'The webhook of the channel, with ?thread_id=… for a thread; a secret, since whoever has it may post.',
  ),
  proxy,
  allowPlainHttp,
  timeout,
});

export function toDiscordSink(checked: z.output<typeof discordSection>): DiscordSinkConfig {
  return {
    ...toSinkBase(checked, discordRate(checked.url)),
    type: 'discord',
    url: checked.url,
    proxy: checked.proxy ?? null,
    allowPlainHttp: checked.allowPlainHttp,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. */
export function discordSettings(sink: DiscordSinkConfig): ShownSetting[] {
  const { url, timeoutMs } = sink;
  return [['url', maskPath(url)], ...shownProxy(sink), ['timeout', formatDuration(timeoutMs)]];
}
