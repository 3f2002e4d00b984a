import { parseSeconds } from '../../backoff.ts';
import { endpointOf } from '../../deliver/endpoint.ts';
import { outcomeOf } from '../../deliver/http-outcome.ts';
import type { Answer } from '../../deliver/post.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
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
const REFUSALS: ReadonlyMap<number, DeliveryOutcome> = new Map<number, DeliveryOutcome>([
  [10_003, stopped('Discord says the channel is gone: choose another webhook')],
  [10_015, stopped('Discord says the webhook was deleted: make another')],
  [50_027, stopped('Discord does not accept the token of this webhook: copy its URL again')],
  [50_083, stopped('Discord says the thread is archived: open it again, or name another thread_id')],
  [160_005, stopped('Discord says the thread is locked: unlock it, or name another thread_id')],
  [220_001, stopped('Discord says this webhook posts to a forum: add ?thread_id=… to its URL')],
  [50_006, { kind: 'rejected', reason: 'Discord finds the message empty (50006)' }],
  [50_035, { kind: 'rejected', reason: 'Discord does not accept the form of the message (50035)' }],
]);

/** What Discord's answer means: its own code for a refusal, else the status. A limit says in the body how long. */
export function discordOutcome(answer: Answer): DeliveryOutcome {
  const { status, text } = answer;
  if (status < 400) return emptiesBucket(answer) ? paused(outcomeOf(answer), answer) : outcomeOf(answer);
  const { code, retry_after: seconds } = fieldsOf(text);
  const refusal = status < 500 && status !== 429 && typeof code === 'number' ? REFUSALS.get(code) : undefined;
  if (refusal) return refusal;
  const asked = status === 429 ? parseSeconds(seconds) : undefined;
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

function fieldsOf(text: string): { code?: unknown; retry_after?: unknown } {
  try {
    return { ...(JSON.parse(text) as object | null) };
  } catch {
    return {};
  }
}

function stopped(reason: string): DeliveryOutcome {
  return { kind: 'stopped', reason };
}
