import { parseSeconds } from '../../backoff.ts';
import { endpointOf } from '../../http/endpoint.ts';
import type { Answer } from '../../http/post.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import { type AnswerTable, outcomeBy, outcomeOf } from '../kit/answers.ts';
import { objectIn } from '../../http/object-in.ts';
import { type ChatWebhook, createChatSink } from '../kit/deliver.ts';
import { discordDialect } from './discord-embeds.ts';

/** Posts the events of a group to a Discord channel, through its webhook. */
export function createDiscordSink(webhook: ChatWebhook): Sink {
  const endpoint = endpointOf(waiting(webhook.url));
  return createChatSink(endpoint, webhook, { dialect: discordDialect, outcome: discordOutcome });
}

/** Asks Discord to answer once the message is saved: without it, one that was not saved gets no error. */
function waiting(url: string): string {
  const address = new URL(url);
  address.searchParams.set('wait', 'true');
  return address.href;
}

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const ANSWERS: AnswerTable = {
  rejected: {
    50006: 'Discord finds the message empty',
    50035: 'Discord does not accept the form of the message',
  },
  stopped: {
    10003: 'Discord says the channel is gone: choose another webhook',
    10015: 'Discord says the webhook was deleted: make another',
    50027: 'Discord does not accept the token of this webhook: copy its URL again',
    50083: 'Discord says the thread is archived: open it again, or name another thread_id',
    160005: 'Discord says the thread is locked: unlock it, or name another thread_id',
    220001: 'Discord says this webhook posts to a forum: add ?thread_id=… to its URL',
  },
};

/** What Discord's answer means: its own code for a refusal, else the status. A limit says in the body how long. */
export function discordOutcome(answer: Answer): DeliveryOutcome {
  const { status } = answer;
  if (status < 400) return emptiesBucket(answer) ? paused(outcomeOf(answer), answer) : outcomeOf(answer);
  if (status >= 500) return outcomeOf(answer);
  const { code, retry_after: seconds } = objectIn(answer);
  if (status !== 429) return outcomeBy(ANSWERS, typeof code === 'number' ? String(code) : null, answer);
  const asked = parseSeconds(seconds);
  if (asked === undefined) return outcomeOf(answer);
  return outcomeOf({ ...answer, retryAfterMs: Math.max(asked, answer.retryAfterMs ?? 0) });
}

/** https://docs.discord.com/developers/topics/rate-limits#header-format: this was the last that may come for now. */
function emptiesBucket({ headers }: Answer): boolean {
  return headers.get('x-ratelimit-remaining') === '0';
}

function paused(outcome: DeliveryOutcome, { headers }: Answer): DeliveryOutcome {
  const pauseMs = parseSeconds(headers.get('x-ratelimit-reset-after'));
  return outcome.kind === 'delivered' && pauseMs !== undefined ? { ...outcome, pauseMs } : outcome;
}
