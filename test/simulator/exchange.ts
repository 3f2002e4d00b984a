import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { ResultBody } from '../../src/simulator/scenario/timeline.ts';

/** What came over the socket, undecoded. */
export interface Received {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

/** An exchange that broke off: what had arrived before, if anything. */
export class BrokenOff extends Error {
  readonly received: Partial<Received>;
  constructor(cause: Error, received: Partial<Received>) {
    super(`broken off: ${cause.message}`, { cause });
    this.received = received;
  }
}

/** Sends one request as bare as it is written, and collects the bytes of the answer. */
export async function exchangeRaw(
  url: string,
  options: { method?: string; headers?: Record<string, string>; agent?: Agent; signal?: AbortSignal } = {},
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const received: Partial<Received> = {};
    const fail = (error: Error): void => reject(new BrokenOff(error, received));
    const outgoing = request(url, { agent: false, ...options }, (incoming) => {
      const chunks: Buffer[] = [];
      received.status = incoming.statusCode ?? 0;
      received.headers = incoming.headers;
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        received.bytes = Buffer.concat(chunks);
      });
      incoming.on('error', fail);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          bytes: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.on('error', fail);
    outgoing.end();
  });
}

/** The address of a run's result. */
export function resultUrl(simulator: Simulator, findallId: string): string {
  return `${simulator.url}/v1beta/findall/runs/${findallId}/result`;
}

/** The JSON of an answer, of any shape. */
export function parsed(received: { bytes: Buffer }): unknown {
  return JSON.parse(received.bytes.toString('utf8'));
}

/** The JSON of an answer that is, nearly at least, a result. */
export function jsonOf(received: { bytes: Buffer }): ResultBody {
  return parsed(received) as ResultBody;
}

/** Looks until `condition` holds, giving the event loop a turn in between; the test's deadline ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
