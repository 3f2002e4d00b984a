import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { maskPath } from '../mask-url.ts';
import { map } from '../setting-kinds.ts';
import { SECRET_URL } from '../text-forms.ts';
import type { ShownSetting } from './shown-setting.ts';
import { proxy, type SinkBase, shownProxy, sinkBase, timeout, toSinkBase } from './sink-base.ts';

/** `type: discord` */
export interface DiscordSinkConfig extends SinkBase {
  readonly type: 'discord';
  /** A webhook, itself the secret. */
  readonly url: string;
  readonly proxy: string | null;
  readonly timeoutMs: number;
}

export const discordSection = map({
  type: z
    .literal('discord')
    .describe('One message per group of events to a Discord channel, through its webhook.'),
  ...sinkBase,
  url: SECRET_URL.describe(
    'The webhook of the channel, with ?thread_id=… for a thread; a secret, since whoever has it may post.',
  ),
  proxy,
  timeout,
});

export function toDiscordSink(checked: z.output<typeof discordSection>): DiscordSinkConfig {
  return {
    ...toSinkBase(checked),
    type: 'discord',
    url: checked.url,
    proxy: checked.proxy ?? null,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. */
export function discordSettings(sink: DiscordSinkConfig): ShownSetting[] {
  const { url, timeoutMs } = sink;
  return [['url', maskPath(url)], ...shownProxy(sink.proxy), ['timeout', formatDuration(timeoutMs)]];
}
