/** The sink of the demo: a webhook in its own process, so that one sees what arrives. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunEvent } from '../../run-event.ts';
import { parseJson } from '../../text/exact-number.ts';

export interface DemoWebhook {
  readonly url: string;
  close(): void;
}

/** Listens on loopback. `onEvent` decides about each event that arrives: `accept` answers, `ignore` never does. */
export async function startDemoWebhook(
  onEvent: (event: RunEvent) => 'accept' | 'ignore',
): Promise<DemoWebhook> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    // The watcher died while it sent.
    request.on('error', () => {});
    request.on('end', () => {
      const event = parseJson(Buffer.concat(chunks).toString('utf8')) as RunEvent;
      if (onEvent(event) === 'accept') response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
