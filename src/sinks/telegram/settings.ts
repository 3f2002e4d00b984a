import { z } from 'zod';
import { maskUrl } from '../../config/forms/mask-url.ts';
import { hidden, open, orNull } from '../../config/forms/setting.ts';
import { parsed, pasted, text, wholeNumber } from '../../config/forms/setting-kinds.ts';
import { WEBHOOK_URL } from '../../config/forms/text-forms.ts';
import { groupForPeople } from '../settings/group.ts';
import { people } from '../settings/people.ts';
import { sinkSettings } from '../settings/sink-settings.ts';

/** Goes into the path of a request, so nothing else than this is let through. */
const TOKEN = pasted(
  'a bot token as @BotFather gave it, like 110201543:AAH…',
  /^\d{1,20}:[A-Za-z0-9_-]{20,100}$/,
);

const CHAT_ID = 'the id of a chat such as -1001234567890, or @name of a public channel or group';
const CHAT = text(CHAT_ID, /^(?:-?\d{1,20}|@[A-Za-z][A-Za-z0-9_]{2,63})$/);

/** YAML takes an id for a number. */
const CHAT_NUMBER = parsed(z.int(), z.string(), { parse: String, write: Number, allowed: CHAT_ID });

export const telegramSettings = sinkSettings('telegram', {
  does: 'Messages of a Telegram bot.',
  group: groupForPeople(),
  own: {
    token: hidden(TOKEN, 'The bot’s token, from @BotFather.'),
    chat: open(
      z.union([CHAT, CHAT_NUMBER], { error: CHAT_ID }),
      'Where the bot writes: the id of a chat, or @name of a public channel or group.',
    ),
    topic: open(orNull(wholeNumber(1, 999_999_999)), 'Topic of a forum group.', { sample: '2' }),
    apiUrl: open(WEBHOOK_URL.prefault('https://api.telegram.org'), 'A Bot API server of one’s own.', {
      shown: (url) => maskUrl(String(url)),
      exposes: () => 'the token is a part of each address',
    }),
    ...people,
  },
  // core.telegram.org/bots/faq, "My bot is hitting limits". Ids of groups and channels are negative. A Bot API server of
  // one's own changes nothing: the limits are Telegram's.
  usualRate: {
    inWords: '`20/m` for a group or channel, `1/s` for one person',
    of: ({ chat }) => (/^[-@]/.test(chat) ? { count: 20, windowMs: 60_000 } : { count: 1, windowMs: 1000 }),
  },
});
