import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { Prior } from '../../../src/diff/diff-snapshots.ts';
import { createFindallSource, type FindallSourceOptions } from '../../../src/poll/findall/findall-source.ts';
import { readAnswer } from '../../../src/poll/findall/read-answer.ts';
import type { Source } from '../../../src/poll/source.ts';
import { RUN_ID } from '../../builders/model-builders.ts';

export const KEY = 'key-5e1f-canary-0123456789';

/** A server on loopback for as long as the test runs. */
export async function listen(respond: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(respond);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** An answer that does not end until the client hangs up. */
export function pour(response: ServerResponse, sign = ' '): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, sign)));
  };
  response.on('drain', more);
  more();
}

/** A source with limits that a test can wait for. */
export function sourceAt(baseUrl: string, more: Partial<FindallSourceOptions> = {}): Source {
  return createFindallSource({
    baseUrl,
    key: KEY,
    timeoutMs: 10_000,
    maxBodyBytes: 1_000_000,
    memoryBytes: 100_000_000,
    userAgent: 'findall-watch/test',
    clock: systemClock,
    random: () => 0.5,
    ...more,
  });
}

/** Nothing is remembered. */
export const NOTHING: Prior = { run: null, candidates: new Map() };

/** One poll of the run that the payloads are about, read. */
export async function ask(
  url: string,
  more: Partial<FindallSourceOptions> = {},
  priorDigest: string | null = null,
) {
  const signal = new AbortController().signal;
  const received = await sourceAt(url, more).fetchResult(RUN_ID, { priorDigest, signal });
  return readAnswer(received, RUN_ID, NOTHING);
}
