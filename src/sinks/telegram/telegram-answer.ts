import { parseSeconds } from '../../backoff.ts';
import { outcomeOf } from '../kit/answers.ts';
import { objectIn } from '../../http/object-in.ts';
import type { Answer } from '../../http/post.ts';
import { quoteAnswer } from '../../http/quote-answer.ts';
import type { DeliveryOutcome } from '../../deliver/sink.ts';

/** https://core.telegram.org/bots/api#making-requests */
interface TelegramAnswer {
  ok: boolean;
  error_code: number;
  description: string;
  /** https://core.telegram.org/bots/api#responseparameters */
  parameters: { retry_after?: number; migrate_to_chat_id?: number };
}

/**
 * What Telegram's answer means. Its status alone says little: a chat that is not there and a text that is wrong are both
 * 400. What only a change of configuration or of the chat's rights can fix stops the sink, so that nothing pending
 * dies of it; a message Telegram cannot read is rejected; the rest passes. A body that is not Telegram's (a proxy's
 * error page) is judged by its status like anyone's.
 */
export function telegramOutcome(http: Answer, token: string): DeliveryOutcome {
  const answer = parseAnswer(http);
  if (answer === null) return outcomeOf(http);
  if (answer.ok) return outcomeOf({ status: 200, said: http.said });
  const { error_code: code, parameters } = answer;
  // The server's words, of which the token is no part unless a proxy echoes the address.
  const description = quoteAnswer(answer.description, [token]);
  const said = `Telegram says ${code}: ${description}`;
  if (code === 429) {
    const asked = parseSeconds(parameters.retry_after) ?? http.retryAfterMs;
    const pause = asked === undefined ? {} : { retryAfterMs: asked, pauseMs: asked };
    return { kind: 'retry', reason: 'Telegram asks for a pause (429)', ...pause };
  }
  const fix = fixFor(code, description, parameters.migrate_to_chat_id);
  if (fix !== null) return { kind: 'stopped', reason: `${fix} (${said})` };
  if (code >= 400 && code < 500 && code !== 408 && code !== 409) return { kind: 'rejected', reason: said };
  return { kind: 'retry', reason: said };
}

/** Descriptions are no contract (https://github.com/TelegramBotAPI/errors): the least of each that identifies it. */
const CHAT_FAILURES: readonly (readonly [RegExp, string])[] = [
  [/chat not found/i, 'the bot does not know the chat: check `chat`, and that the bot was added or started'],
  [/message thread not found|TOPIC_(?:CLOSED|DELETED)/i, 'the topic is gone or closed: check `topic`'],
  [
    /not enough rights|no rights to send|need administrator rights|CHAT_WRITE_FORBIDDEN|CHAT_RESTRICTED/i,
    'the bot may not write there: give it the right to post',
  ],
  [/group is deactivated|chat was deactivated|PEER_ID_INVALID/i, 'the chat is no more: check `chat`'],
];

/** What somebody has to do before any message can get through; null when only this message failed. */
function fixFor(code: number, description: string, newChat: number | undefined): string | null {
  if (code === 401 || code === 404) return 'the bot token is wrong or was revoked: check `token`';
  if (newChat !== undefined || /group chat was upgraded/i.test(description)) {
    return `the group became a supergroup: set \`chat\` to ${newChat ?? 'its new id'}`;
  }
  if (/blocked by the user/i.test(description)) return 'the bot was blocked: unblock it in the chat';
  if (/user is deactivated/i.test(description)) return 'the account of the chat was deleted: check `chat`';
  if (code === 403) return 'the bot is not allowed into the chat: add it, or start it there';
  return CHAT_FAILURES.find(([pattern]) => pattern.test(description))?.[1] ?? null;
}

function parseAnswer(http: Answer): TelegramAnswer | null {
  const { ok, error_code: code, description, parameters } = objectIn(http);
  if (ok === true) return { ok, error_code: 200, description: '', parameters: {} };
  if (ok !== false || typeof code !== 'number') return null;
  const { retry_after: pause, migrate_to_chat_id: chat } = (parameters ?? {}) as Record<string, unknown>;
  return {
    ok,
    error_code: code,
    description: typeof description === 'string' ? description : '',
    parameters: {
      ...(typeof pause === 'number' ? { retry_after: pause } : {}),
      ...(typeof chat === 'number' ? { migrate_to_chat_id: chat } : {}),
    },
  };
}
