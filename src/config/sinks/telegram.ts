import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { maskUrl } from '../mask-url.ts';
import { map, text, wholeNumber } from '../setting-kinds.ts';
import { WEBHOOK_URL } from '../text-forms.ts';
import { groupForPeople } from './group.ts';
import { MASK, type ShownSetting } from './shown-setting.ts';
import {
  allowPlainHttp,
  proxy,
  type SinkBase,
  shownProxy,
  sinkBase,
  timeout,
  toSinkBase,
} from './sink-base.ts';
import { telegramRate } from './usual-rate.ts';

/** `type: telegram` */
export interface TelegramSinkConfig extends SinkBase {
  readonly type: 'telegram';
  readonly token: string;
  readonly chat: string;
  readonly topic: number | null;
  readonly apiUrl: string;
  readonly proxy: string | null;
  readonly allowPlainHttp: boolean;
  readonly timeoutMs: number;
}

/** Goes into the path of a request, so nothing else than this is let through. */
const TOKEN = text(
  'a bot token as @BotFather gave it, like 110201543:AAH…',
  /^\d{1,20}:[A-Za-z0-9_-]{20,100}$/,
);

const CHAT = text(
  'the id of a chat such as -1001234567890, or @name of a public channel or group',
  /^(?:-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{2,63})$/,
);

export const telegramSection = map({
  type: z.literal('telegram').describe('Messages of a Telegram bot.'),
  ...sinkBase,
  group: groupForPeople(),
  token: TOKEN.describe('The bot’s token, from @BotFather.'),
  chat: z
    .union([CHAT, z.int().transform(String)], {
      error: 'the id of a chat such as -1001234567890, or @name of a public channel or group',
    })
    .describe('Where the bot writes: the id of a chat, or @name of a public channel or group.'),
  topic: wholeNumber(1, 999_999_999).optional().describe('Topic of a forum group.'),
  apiUrl: WEBHOOK_URL.prefault('https://api.telegram.org').describe('A Bot API server of one’s own.'),
  proxy,
  allowPlainHttp,
  timeout,
});

export function toTelegramSink(checked: z.output<typeof telegramSection>): TelegramSinkConfig {
  const { token, chat, topic = null, apiUrl } = checked;
  return {
    ...toSinkBase(checked, telegramRate(chat)),
    type: 'telegram',
    token,
    chat,
    topic,
    apiUrl,
    proxy: checked.proxy ?? null,
    allowPlainHttp: checked.allowPlainHttp,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. */
export function telegramSettings(sink: TelegramSinkConfig): ShownSetting[] {
  const { chat, topic, apiUrl, timeoutMs } = sink;
  return [
    ['token', MASK],
    ['chat', chat],
    ['topic', topic],
    ['apiUrl', maskUrl(apiUrl)],
    ...shownProxy(sink),
    ['timeout', formatDuration(timeoutMs)],
  ];
}
