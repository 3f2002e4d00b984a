import { z } from 'zod';
import { maskUrl } from '../../config/forms/mask-url.ts';
import { pasted, text, wholeNumber } from '../../config/forms/setting-kinds.ts';
import { WEBHOOK_URL } from '../../config/forms/text-forms.ts';
import type { SinkSettings } from '../definition.ts';
import { groupForPeople } from '../settings/group.ts';
import { hidden, open } from '../settings/own-setting.ts';
import { ofPeople, people, type PeopleConfig, toPeople } from '../settings/people.ts';
import { sinkSection } from '../settings/sink-base.ts';

interface TelegramConfig extends PeopleConfig {
  readonly token: string;
  readonly chat: string;
  readonly topic: number | null;
  readonly apiUrl: string;
}

/** Goes into the path of a request, so nothing else than this is let through. */
const TOKEN = pasted(
  'a bot token as @BotFather gave it, like 110201543:AAH…',
  /^\d{1,20}:[A-Za-z0-9_-]{20,100}$/,
);

const CHAT_ID = 'the id of a chat such as -1001234567890, or @name of a public channel or group';
const CHAT = text(CHAT_ID, /^(?:-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{2,63})$/);

const section = sinkSection('telegram', 'Messages of a Telegram bot.', {
  group: groupForPeople(),
  token: TOKEN.describe('The bot’s token, from @BotFather.'),
  chat: z
    .union([CHAT, z.int().transform(String)], { error: CHAT_ID })
    .describe('Where the bot writes: the id of a chat, or @name of a public channel or group.'),
  topic: wholeNumber(1, 999_999_999).optional().describe('Topic of a forum group.'),
  apiUrl: WEBHOOK_URL.prefault('https://api.telegram.org').describe('A Bot API server of one’s own.'),
  ...people,
});

export const telegramSettings: SinkSettings<typeof section, TelegramConfig> = {
  section,
  toOwn: (checked) => ({
    token: checked.token,
    chat: checked.chat,
    topic: checked.topic ?? null,
    apiUrl: checked.apiUrl,
    ...toPeople(checked),
  }),
  own: {
    token: hidden(({ token }) => token),
    chat: open(({ chat }) => chat),
    topic: open(({ topic }) => topic),
    apiUrl: {
      ...open(({ apiUrl }) => maskUrl(apiUrl)),
      exposes: () => 'the token is a part of each address',
    },
    ...ofPeople,
  },
  // core.telegram.org/bots/faq, "My bot is hitting limits". Ids of groups and channels are negative. A Bot API server of
  // one's own changes nothing: the limits are Telegram's.
  usualRate: {
    inWords: '`20/m` for a group or channel, `1/s` for one person',
    of: ({ chat }) => (/^[-@]/.test(chat) ? { count: 20, windowMs: 60_000 } : { count: 1, windowMs: 1000 }),
  },
};
