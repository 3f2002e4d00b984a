import type { Clock } from '../../clock.ts';
import { composeMessage } from '../../present/message.ts';
import { endpointOf } from '../endpoint.ts';
import { createPoster } from '../post.ts';
import type { Sink } from '../sink.ts';
import { telegramOutcome } from './telegram-answer.ts';
import { telegramText } from './telegram-text.ts';

export interface TelegramSinkOptions {
  name: string;
  /** Of the Bot API: Telegram's, or a server of one's own. */
  apiUrl: string;
  /** Part of the request's address: never leaves this file but as that. */
  token: string;
  /** An id, or `@name` of a public channel or group. */
  chat: string;
  /** Topic of a forum group; null for none. */
  topic: number | null;
  /** URL of an HTTP proxy; null for none. */
  proxy: string | null;
  timeoutMs: number;
  userAgent: string;
  clock: Clock;
}

/**
 * Sends each group of events as one text of a bot: https://core.telegram.org/bots/api#sendmessage. One call a group, so
 * that a retry repeats all of it or nothing. Telegram has no room for an id: a repeated message is seen twice.
 */
export function createTelegramSink(options: TelegramSinkOptions): Sink {
  const { name, token, chat, topic, userAgent } = options;
  const endpoint = endpointOf(`${options.apiUrl.replace(/\/+$/, '')}/bot${token}/sendMessage`);
  const poster = createPoster({ ...options, endpoint, secrets: [token] });
  return {
    name,
    maxBatch: 20,
    // Telegram counts by chat, and this is one chat.
    concurrency: 1,
    async deliver(events, { signal }) {
      const [first, ...rest] = events;
      if (!first) return { kind: 'delivered' };
      const body = JSON.stringify({
        chat_id: chat,
        ...(topic === null ? {} : { message_thread_id: topic }),
        text: telegramText(composeMessage([first, ...rest], 20)),
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
      });
      const headers = { 'content-type': 'application/json', 'user-agent': userAgent };
      const answer = await poster.post({ body, headers }, signal);
      if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason };
      return telegramOutcome(answer, token);
    },
    close: poster.close,
  };
}
