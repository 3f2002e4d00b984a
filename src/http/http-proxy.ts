/** The way through an HTTP proxy, for sinks that post. The only file of sinks that knows undici. */
import { createFetch, type $Fetch } from 'ofetch';
import { loadLazily } from '../system/load-lazily.ts';
import { endpointOf } from './endpoint.ts';

/** A proxy that posts go through: TLS targets by CONNECT, plain ones by their whole address (RFC 9110 §7.2, §9.3.6). */
export interface HttpProxy {
  origin: string;
  /** Of the credentials: nothing that a receiver or the proxy says may hold them. */
  secrets: readonly string[];
  /** The fetch whose requests go through it. */
  connect(): Promise<$Fetch>;
  /** Cuts whatever is still on its way. */
  close(): Promise<void>;
}

interface Way {
  fetch: $Fetch;
  destroy(): Promise<void>;
}

/** Nothing is loaded or connected before the first post. `timeoutMs` bounds what a silent proxy can hold up. */
export function createHttpProxy(url: string, timeoutMs: number): HttpProxy {
  const { origin, authorization, secrets } = endpointOf(url);
  const way = loadLazily(() => openWay(origin, authorization, timeoutMs));
  return {
    origin,
    secrets,
    async connect() {
      return (await way.get()).fetch;
    },
    async close() {
      await (await way.loaded())?.destroy();
    },
  };
}

async function openWay(origin: string, authorization: string | undefined, timeoutMs: number): Promise<Way> {
  // Loading it takes 50 ms that no start without a proxy should pay.
  const { fetch, Headers, Pool, ProxyAgent } = await import('undici');
  const agent = new ProxyAgent({
    uri: origin,
    ...(authorization === undefined ? {} : { token: authorization }),
    // As without a proxy, where Node's own fetch speaks HTTP/1.1 only.
    allowH2: false,
    connectTimeout: timeoutMs,
    // A CONNECT that is not answered outlives the post that waited for it, and the next ones would wait for it too.
    clientFactory: (proxy, options) => new Pool(proxy, { ...options, headersTimeout: timeoutMs }),
  });
  const viaProxy: typeof fetch = (input, init) => fetch(input, { ...init, dispatcher: agent });
  return {
    // Node's fetch is an older undici: an agent of the package must meet the fetch of the package.
    fetch: createFetch({
      fetch: viaProxy as unknown as typeof globalThis.fetch,
      Headers: Headers as unknown as typeof globalThis.Headers,
    }),
    destroy: () => agent.destroy(),
  };
}
