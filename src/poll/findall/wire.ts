/**
 * The transport beneath ofetch: undici's `request`, which hands on a body as it came off the wire. Node's own fetch has
 * inflated it by then, and takes longer over the rest as well: of the same answers, compressed, with a digest of each, it
 * read 1,165 a second of 45 kB and 57 of 4 MB where `request` read 7,329 and 2,315 (`node:http`: 3,913 and 1,955).
 */
import type { Readable } from 'node:stream';
import { createFetch, type $Fetch } from 'ofetch';
import type { Dispatcher } from 'undici';
import { loadLazily } from '../../system/load-lazily.ts';

/** An answer whose body is unread, and inflated by nobody. */
export interface WireResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: Readable;
}

const wire = loadLazily(openWire);

/**
 * An ofetch over the wire, with one pool of connections for the process. What its `raw` gives with `responseType: 'stream'`
 * is a `WireResponse`. Loaded by the first poll: it takes as long as loading Node's own fetch would.
 */
export function theWire(): Promise<$Fetch> {
  return wire.get();
}

async function openWire(): Promise<$Fetch> {
  const { Agent, EnvHttpProxyAgent, request } = await import('undici');
  // The deadline of a poll covers all of it, and may be longer than undici's own.
  const options = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 };
  const dispatcher: Dispatcher = usesEnvProxy() ? new EnvHttpProxyAgent(options) : new Agent(options);
  const fetch = async (url: string, init: RequestInit): Promise<WireResponse> => {
    const { statusCode, headers, body } = await request(url, {
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(init.signal ? { signal: init.signal } : {}),
      dispatcher,
    });
    return {
      status: statusCode,
      ok: statusCode >= 200 && statusCode < 300,
      headers: { get: (name) => [headers[name.toLowerCase()]].flat()[0] ?? null },
      body,
    };
  };
  return createFetch({ fetch: fetch as unknown as typeof globalThis.fetch });
}

/**
 * Whether Node was told to take the proxies of the environment (`NODE_USE_ENV_PROXY=1`, `--use-env-proxy`): it shows by
 * the dispatcher Node has set for its own fetch.
 */
function usesEnvProxy(): boolean {
  const dispatcher: unknown = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  return dispatcher?.constructor.name === 'EnvHttpProxyAgent';
}
