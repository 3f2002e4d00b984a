/**
 * The transport beneath ofetch: undici's `request`, which hands on a body as it came off the wire, and follows no redirect.
 * Node's own fetch has decompressed the body by then, and takes longer over the rest as well: of the same answers, compressed, with
 * a digest of each, it read 1,165 a second of 45 kB and 57 of 4 MB where `request` read 7,329 and 2,315 (`node:http`: 3,913 and
 * 1,955). The only file that knows undici, which is loaded by the first request: it takes 50 ms, as Node's own fetch would.
 */
import type { Dispatcher, request as undiciRequest } from 'undici';
import { loadLazily } from '../system/load-lazily.ts';
import { orAborted } from './deadline.ts';

/** A way to other hosts. */
export interface Transport {
  readonly fetch: typeof fetch;
  /**
   * Makes a connection as a request to `origin` would, and sends no request: name look-up, TLS and CONNECT of a proxy included. Where
   * a proxy takes plain http, the connection ends at the proxy.
   */
  connect(origin: string, signal: AbortSignal): Promise<void>;
  /** Aborts all requests that are on their way. */
  destroy(): Promise<void>;
}

// The deadline of a request covers all of it, and may be longer than undici's own.
const OPTIONS = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 } as const;

/**
 * The way that all requests without a proxy of their own take, with one pool of connections for the process; through the proxies of
 * the environment where Node was started to take them.
 */
export const directTransport = loadLazily(async () => {
  const { Agent, EnvHttpProxyAgent, request } = await import('undici');
  return over(usesEnvProxy() ? new EnvHttpProxyAgent(OPTIONS) : new Agent(OPTIONS), request);
});

/**
 * The way through one HTTP proxy: TLS targets by CONNECT, plain ones by their whole address (RFC 9110 §7.2, §9.3.6).
 * `timeoutMs` bounds what a silent proxy can hold up.
 */
export async function proxyTransport(
  origin: string,
  authorization: string | undefined,
  timeoutMs: number,
): Promise<Transport> {
  const { Pool, ProxyAgent, request } = await import('undici');
  const agent = new ProxyAgent({
    ...OPTIONS,
    uri: origin,
    ...(authorization === undefined ? {} : { token: authorization }),
    connectTimeout: timeoutMs,
    // A CONNECT that is not answered outlives the request that waited for it, and the next ones would wait for it too.
    clientFactory: (proxy, options) => new Pool(proxy, { ...options, headersTimeout: timeoutMs }),
  });
  return over(agent, request);
}

/**
 * Whether Node was started to take the proxies of the environment (`NODE_USE_ENV_PROXY=1`, `--use-env-proxy`): it shows by
 * the dispatcher Node has set for its own fetch.
 */
function usesEnvProxy(): boolean {
  const dispatcher: unknown = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  return dispatcher?.constructor.name === 'EnvHttpProxyAgent';
}

function over(dispatcher: Dispatcher, request: typeof undiciRequest): Transport {
  const fetch = async (address: string, { method, headers, body, signal }: RequestInit) => {
    const answering = request(address, {
      dispatcher,
      method: method ?? 'GET',
      headers: headers instanceof Headers ? headers : new Headers(headers),
      body: typeof body === 'string' ? body : null,
      ...(signal ? { signal } : {}),
    });
    // While a connection is being made, undici notices no abort: that may take ten seconds.
    const answer = await (signal ? orAborted(answering, signal) : answering);
    const { statusCode: status, headers: answered } = answer;
    return {
      status,
      ok: status >= 200 && status < 300,
      headers: { get: (name: string) => [answered[name.toLowerCase()]].flat()[0] ?? null },
      body: answer.body,
    };
  };
  // Not a Response of Node: it takes no status beyond 599, and a web stream as its body takes twice as long for 4 MB.
  return {
    fetch: fetch as unknown as Transport['fetch'],
    connect: (origin, signal) => orAborted(connectOver(dispatcher, origin), signal),
    destroy: () => dispatcher.destroy(),
  };
}

/** undici has no way to connect alone. It says when it is about to write a request, and writes none that is aborted then. */
async function connectOver(dispatcher: Dispatcher, origin: string): Promise<void> {
  const connected = new Error('connected');
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) => (error === connected ? resolve() : reject(error));
    dispatcher.dispatch(
      { origin, path: '/', method: 'HEAD' },
      {
        onRequestStart: (controller) => controller.abort(connected),
        onResponseStart: () => {},
        onResponseData: () => {},
        onResponseEnd: () => {},
        onResponseError: (_, error) => fail(error),
      },
    );
  });
}
