import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A relay on loopback that can go silent as a network does that swallows everything: nothing is refused, nothing answered. */
export interface SilenceableRelay {
  port: number;
  /** From now on, or once so many more pieces have been forwarded. */
  silence(after?: number): void;
  isSilent(): boolean;
  /** Ends every connection and refuses others for so long. */
  cut(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Forwards connections to a port or a local socket until it is silenced. */
export async function startRelay(
  target: { host: string; port: number } | { path: string },
): Promise<SilenceableRelay> {
  const sockets = new Set<Socket>();
  let left = Infinity;
  const server = createServer((near) => {
    const far = connect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('data', (data) => {
        if (left <= 0) return;
        left -= 1;
        to.write(data);
      });
      from.on('close', () => {
        sockets.delete(from);
        if (left > 0) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    isSilent: () => left <= 0,
    silence: (after = 0) => void (left = after),
    async cut(ms) {
      const { port } = server.address() as AddressInfo;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      setTimeout(() => server.listen(port, '127.0.0.1'), ms);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
