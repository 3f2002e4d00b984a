/** One client for the API, for receivers and for the heartbeat: each exchange is one request, and the reading of its answer. */
import { createFetch, type FetchOptions } from 'ofetch';
import { loadLazily, NotLoaded } from '../system/load-lazily.ts';
import { BodyTooLarge } from './body-too-large.ts';
import type { Deadline } from './deadline.ts';
import { ACCEPT_ENCODING } from './decompress.ts';
import { endpointOf } from './endpoint.ts';
import type { HttpAnswer } from './http-answer.ts';
import { describeNetworkFailure, describeProxyFailure } from './network-failure.ts';
import { directTransport, proxyTransport, type Transport } from './transport.ts';

/** What is sent. */
interface HttpRequest {
  address: string;
  /** What `address` is relative to, if it is. */
  baseUrl?: string;
  method?: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
}

/** Why an answer was not had. The reason carries no address: URLs may hold secrets. */
export interface HttpFailure {
  kind: 'failed';
  /** `installation`: a part of this program could not be loaded. */
  cause: 'deadline' | 'size' | 'network' | 'installation';
  reason: string;
}

export type Exchange<T> = { kind: 'answered'; answer: T } | HttpFailure;

/** A way to other hosts with its connections, which later requests share. */
export interface HttpClient {
  /**
   * Sends `request` and has `read` read its answer, both within `deadline`. Any status is an answer, a redirect too: it is not
   * followed, and no key goes to another host. Rejects only when the work was cancelled.
   */
  exchange<T>(
    request: HttpRequest,
    read: (answer: HttpAnswer) => Promise<T>,
    deadline: Deadline,
  ): Promise<Exchange<T>>;
  /** Connects as a request to `address` would, and sends nothing. Rejects only when the work was cancelled. */
  connect(address: string, deadline: Deadline): Promise<{ kind: 'connected' } | HttpFailure>;
}

/** A client whose requests go through a proxy. */
export interface ProxiedClient extends HttpClient {
  /** Of the proxy. */
  origin: string;
  /** Of the credentials: nothing that a receiver or the proxy says may hold them. */
  secrets: readonly string[];
  /** Aborts all requests that are on their way. */
  close(): Promise<void>;
}

const DEFAULTS: FetchOptions = {
  // Its own retry ignores Retry-After and the deadline: see `retry.ts`.
  retry: false,
  // A status is an answer.
  ignoreResponseError: true,
  // The body is for the reader.
  responseType: 'stream',
  onRequestError({ error }) {
    // ofetch would make an error of it that quotes the address.
    throw error;
  },
};

/** The client of all who have no proxy of their own. */
export const directClient: HttpClient = clientOver(directTransport.get, describeNetworkFailure);

/** Nothing is loaded or connected before the first request. `timeoutMs` bounds what a silent proxy can hold up. */
export function createProxiedClient(url: string, timeoutMs: number): ProxiedClient {
  const { origin, authorization, secrets } = endpointOf(url);
  const transport = loadLazily(() => proxyTransport(origin, authorization, timeoutMs));
  return {
    ...clientOver(transport.get, describeProxyFailure),
    origin,
    secrets,
    async close() {
      await (await transport.loaded())?.destroy();
    },
  };
}

function clientOver(transport: () => Promise<Transport>, describe: (error: unknown) => string): HttpClient {
  const lateBound: Transport['fetch'] = async (...request) => (await transport()).fetch(...request);
  const http = createFetch({ fetch: lateBound, defaults: DEFAULTS });
  return {
    async exchange({ address, baseUrl, ...request }, read, deadline) {
      // Not among the defaults of ofetch: merging and copying headers took 0.03 of the 0.18 ms of CPU of a small request.
      const headers = { 'accept-encoding': ACCEPT_ENCODING, ...request.headers };
      try {
        const base = baseUrl === undefined ? {} : { baseURL: baseUrl };
        const answer = await http.raw(address, { ...request, ...base, headers, signal: deadline.signal });
        return { kind: 'answered', answer: await read(answer) };
      } catch (error) {
        deadline.throwIfCancelled();
        return failureOf(error, deadline, describe);
      }
    },
    async connect(address, deadline) {
      try {
        await (await transport()).connect(new URL(address).origin, deadline.signal);
        return { kind: 'connected' };
      } catch (error) {
        deadline.throwIfCancelled();
        return failureOf(error, deadline, describe);
      }
    },
  };
}

function failureOf(error: unknown, deadline: Deadline, describe: (error: unknown) => string): HttpFailure {
  if (deadline.isOver()) return { kind: 'failed', cause: 'deadline', reason: 'no complete answer in time' };
  if (error instanceof BodyTooLarge) return { kind: 'failed', cause: 'size', reason: error.message };
  if (error instanceof NotLoaded) return { kind: 'failed', cause: 'installation', reason: error.message };
  return { kind: 'failed', cause: 'network', reason: describe(error) };
}
