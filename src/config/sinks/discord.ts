import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { maskPath } from '../mask-url.ts';
import { map } from '../setting-kinds.ts';
import { SECRET_URL } from '../text-forms.ts';
import type { ShownSetting } from './shown-setting.ts';
import { type SinkBase, sinkBase, timeout, toSinkBase } from './sink-base.ts';

/** `type: discord` */
export interface DiscordSinkConfig extends SinkBase {
  readonly type: 'discord';
  /** A webhook, itself the secret. */
  readonly url: string;
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
  timeout,
});

export function toDiscordSink(checked: z.output<typeof discordSection>): DiscordSinkConfig {
  return { ...toSinkBase(checked), type: 'discord', url: checked.url, timeoutMs: checked.timeout };
}

/** For `check`. */
export function discordSettings({ url, timeoutMs }: DiscordSinkConfig): ShownSetting[] {
  return [
    ['url', maskPath(url)],
    ['timeout', formatDuration(timeoutMs)],
  ];
}
