import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunEvent } from '../../../src/run-event.ts';
import { eventually } from '../eventually.ts';

/** One request that reached the receiver whole. */
export interface ReceivedDelivery {
  /** `webhook-id`. */
  readonly id: string;
  /** The bytes as text, for signatures. */
  readonly text: string;
  readonly body: RunEvent;
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Whether the receiver counts it as its own: by default when it answered 2xx. */
  readonly accepted: boolean;
  /** The sender was left without an answer. */
  readonly unanswered: boolean;
}

/** What the receiver answers. */
interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** Between the arrival and the answer. */
  delayMs?: number;
  /** Keeps the message although the answer says otherwise or never comes. */
  accept?: boolean;
  /** `reset`: cuts the connection instead of answering. `silent`: never answers. */
  instead?: 'reset' | 'silent';
}

type Arrival = Omit<ReceivedDelivery, 'accepted' | 'unanswered'>;

/** A webhook's other end on loopback. */
export interface Receiver {
  readonly url: string;
  /** Every request in the order of arrival, refused ones too. */
  readonly deliveries: readonly ReceivedDelivery[];
  /** The bodies it accepted, in order, each id once. */
  events(): RunEvent[];
  /** Ids accepted more than once, with how many times. */
  duplicates(): Map<string, number>;
  /** Changes how the next ones are answered. */
  respondWith(respond: Respond): void;
  /** Resolves when `predicate` holds; a number means so many different accepted events. */
  waitFor(predicate: number | ((receiver: Receiver) => boolean), ms?: number): Promise<void>;
  close(): Promise<void>;
}

/** Decides about the `n`-th request (from 1). */
export type Respond = (delivery: Arrival, n: number) => number | Reply;

export interface ReceiverOptions {
  /** Default: 204. */
  respond?: Respond;
  /** Default 0: any free port. Give one to come back at the same address. */
  port?: number;
}

/** Listens; resolves when it can be delivered to. */
export async function startReceiver({
  respond = () => 204,
  port = 0,
}: ReceiverOptions = {}): Promise<Receiver> {
  let decide = respond;
  const deliveries: ReceivedDelivery[] = [];
  const closing = new AbortController();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const arrival: Arrival = {
        id: String(request.headers['webhook-id'] ?? ''),
        text,
        body: JSON.parse(text) as RunEvent,
        headers: request.headers,
        path: request.url ?? '',
        at: Date.now(),
      };
      const decided = decide(arrival, deliveries.length + 1);
      const reply = typeof decided === 'number' ? { status: decided } : decided;
      const isAnswered = reply.instead === undefined && reply.status >= 200 && reply.status < 300;
      deliveries.push({
        ...arrival,
        accepted: reply.accept ?? isAnswered,
        unanswered: reply.instead !== undefined,
      });
      void answer(response, reply, closing.signal);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    deliveries,
    events() {
      const accepted = deliveries.filter((delivery) => delivery.accepted);
      return [...new Map(accepted.toReversed().map(({ id, body }) => [id, body])).values()].toReversed();
    },
    duplicates() {
      const counts = new Map<string, number>();
      for (const { id, accepted } of deliveries) if (accepted) counts.set(id, (counts.get(id) ?? 0) + 1);
      return new Map([...counts].filter(([, count]) => count > 1));
    },
    respondWith(next) {
      decide = next;
    },
    async waitFor(predicate, ms) {
      const holds =
        typeof predicate === 'number'
          ? () => receiver.events().length >= predicate
          : () => predicate(receiver);
      await eventually(holds, {
        what: `a receiver with ${deliveries.length} deliveries`,
        ...(ms === undefined ? {} : { within: ms }),
      });
    },
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
  return receiver;
}

async function answer(response: ServerResponse, reply: Reply, closing: AbortSignal): Promise<void> {
  if (reply.delayMs !== undefined) {
    await wait(reply.delayMs, undefined, { signal: closing }).catch(() => {});
  }
  if (reply.instead === 'silent' || response.destroyed) return;
  if (reply.instead === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  response.writeHead(reply.status, reply.headers).end();
}
