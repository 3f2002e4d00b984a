import { jsonLines, openSandbox, type Sandbox, type SandboxOptions } from '../support/program-sandbox.ts';
import type { Program } from '../support/run-program.ts';

export const TOKEN = 'a-token-of-this-test';
export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** A daemon that listens on a free port of its own, and the world it lives in. */
export interface WatchedDaemon extends Sandbox {
  readonly daemon: Program;
  readonly url: string;
  /** Asks with the token; `json` is posted. */
  ask(
    path: string,
    options?: { method?: string; json?: unknown; headers?: Record<string, string> },
  ): Promise<Response>;
}

/** Starts it and waits until it listens. */
export async function startWatchedDaemon(
  options: SandboxOptions & { args?: (ids: readonly string[]) => readonly string[] },
): Promise<WatchedDaemon> {
  const env = { FINDALL_WATCH_HTTP_PORT: '0', FINDALL_WATCH_HTTP_TOKEN: TOKEN, ...options.env };
  const sandbox = await openSandbox({ ...options, env });
  const daemon = sandbox.start(['serve', ...(options.args?.(sandbox.ids) ?? [])]);
  const url = await placeOf(daemon);
  return {
    ...sandbox,
    daemon,
    url,
    ask: (path, { method, json, headers } = {}) =>
      fetch(`${url}${path}`, {
        method: method ?? (json === undefined ? 'GET' : 'POST'),
        headers: {
          ...BEARER,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      }),
  };
}

/** Where a daemon says that it listens. */
export async function placeOf(daemon: Program): Promise<string> {
  await daemon.says('"msg":"started"');
  const started = jsonLines<{ msg: string; http?: string }>(daemon.stdout()).find(
    ({ msg }) => msg === 'started',
  );
  return started?.http ?? '';
}

/** The answer's JSON as it is expected to be. */
export async function jsonOf<T>(answer: Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}
