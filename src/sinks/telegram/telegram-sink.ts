import { endpointOf } from '../../http/endpoint.ts';
import type { Sink } from '../../deliver/sink.ts';
import { type ChatOptions, createChatSink } from '../kit/deliver.ts';
import { telegramOutcome } from './telegram-answer.ts';
import { telegramDialect } from './telegram-text.ts';

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
 * Sends the events of a group as texts of a bot: https://core.telegram.org/bots/api#sendmessage. Telegram has no room for an
 * id: a message that is repeated is seen twice.
 */
export function createTelegramSink(options: TelegramSinkOptions): Sink {
  const { token, chat, topic } = options;
  const endpointFor = (method: string) =>
    endpointOf(`${options.apiUrl.replace(/\/+$/, '')}/bot${token}/${method}`);
  return createChatSink(endpointFor('sendMessage'), options, {
    dialect: telegramDialect,
    body: ({ html }) => ({
      chat_id: chat,
      ...(topic === null ? {} : { message_thread_id: topic }),
      text: html,
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
    }),
    outcome: (answer) => telegramOutcome(answer, token),
    secrets: [token],
    // https://core.telegram.org/bots/api#getme
    question: { endpoint: endpointFor('getMe'), shows: 'Telegram accepts the token' },
  });
}
