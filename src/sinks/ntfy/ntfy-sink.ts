import { type Endpoint, endpointOf } from '../../http/endpoint.ts';
import type { Answer } from '../../http/post.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import { type AnswerTable, outcomeBy } from '../kit/answers.ts';
import { objectIn } from '../../http/object-in.ts';
import { type ChatWebhook, createChatSink } from '../kit/deliver.ts';
import { ntfyDialect } from './ntfy-payload.ts';

/** `url` is the topic's address. Anyone who knows a topic may read it: it is never shown. */
export interface NtfySinkOptions extends ChatWebhook {
  /** Access token; null = none, or credentials in the URL. */
  token: string | null;
}

/**
 * Push notifications of the events of a group, published as JSON: as headers, letters beyond ASCII would need an encoding
 * of their own and a line break would end the header.
 * https://docs.ntfy.sh/publish/#publish-as-json
 */
export function createNtfySink(options: NtfySinkOptions): Sink {
  const { endpoint, topic } = serverAndTopic(options.url, options.token);
  return createChatSink(endpoint, options, {
    dialect: ntfyDialect(topic),
    outcome: ntfyOutcome,
    secrets: [topic, options.token ?? ''],
  });
}

/** JSON is published to the server's root, the topic within. */
function serverAndTopic(url: string, token: string | null): { endpoint: Endpoint; topic: string } {
  const parsed = new URL(url);
  const path = parsed.pathname.replace(/\/$/, '');
  const slash = path.lastIndexOf('/') + 1;
  parsed.pathname = path.slice(0, slash);
  const endpoint = endpointOf(parsed.href);
  return {
    endpoint: token === null ? endpoint : { ...endpoint, authorization: `Bearer ${token}` },
    topic: path.slice(slash),
  };
}

/**
 * What the codes of ntfy mean that somebody can do something about. Its own words are not passed on: a proxy in front
 * of it may say anything. https://github.com/binwiederhier/ntfy/blob/main/server/errors.go
 */
const ANSWERS: AnswerTable = {
  stopped: {
    40009: 'the topic is not a valid one: check `url`',
    40010: 'the server does not allow this topic: choose another in `url`',
  },
  explained: {
    40014: 'the message was taken for an attachment, and the server allows none',
    40101: 'the credentials are wrong, or the topic needs some',
    40301: 'these credentials may not write to the topic',
    41301: 'the message was taken for an attachment, and there is no room for it',
    41303: 'the message is larger than the server allows',
    42901: 'too many requests',
    42905: 'the daily bandwidth is used up',
    42908: 'the daily number of messages is used up',
    42909: 'too many failed logins',
    50701: 'nobody is subscribed to the topic',
  },
};

/** What ntfy's answer means. Its codes begin with their status: another status is somebody else's. */
function ntfyOutcome(answer: Answer): DeliveryOutcome {
  const { code } = objectIn(answer);
  const isOwn = typeof code === 'number' && Math.floor(code / 100) === answer.status;
  return outcomeBy(ANSWERS, isOwn ? String(code) : null, answer);
}
