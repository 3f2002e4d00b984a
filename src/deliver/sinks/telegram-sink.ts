import { type ChatOptions, createChatSink } from '../chat-sink.ts';
import { endpointOf } from '../endpoint.ts';
import type { Sink } from '../sink.ts';
import { telegramOutcome } from './telegram-answer.ts';
import { telegramText } from './telegram-text.ts';

export interface TelegramSinkOptions extends ChatOptions {
  /** Of the Bot API: Telegram's, or a server of one's own. */
  apiUrl: string;
  /** Part of the request's address: never leaves this file but as that. */
  token: string;
  /** An id, or `@name` of a public channel or group. */
  chat: string;
  /** Topic of a forum group; null for none. */
  topic: number | null;
}

/**
 * Sends each group of events as one text of a bot: https://core.telegram.org/bots/api#sendmessage. One call a group, so
 * that a retry repeats all of it or nothing. Telegram has no room for an id: a repeated message is seen twice.
 */
export function createTelegramSink(options: TelegramSinkOptions): Sink {
  const { token, chat, topic } = options;
  const endpoint = endpointOf(`${options.apiUrl.replace(/\/+$/, '')}/bot${token}/sendMessage`);
  return createChatSink(endpoint, options, {
    body: (message) => ({
      chat_id: chat,
      ...(topic === null ? {} : { message_thread_id: topic }),
      text: telegramText(message),
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
    }),
    outcome: (answer) => telegramOutcome(answer, token),
    secrets: [token],
  });
}
