import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logging/logger.ts';
import { createRareLog } from '../logging/rare-log.ts';

/** Connections of people, probes and streams: more are a mistake or an attack, and must not take all descriptors. */
const MOST_CONNECTIONS = 256;
/** Of one remote address. A proxy in front and every user of this machine have one address each. */
const MOST_OF_ONE = 64;
const LOGGED_EVERY_MS = 10 * 60_000;

interface Connection {
  address: string;
  /** What is being answered on it; null while it waits for a request. */
  answer: ServerResponse | null;
}

/**
 * Bounds the connections of a server, in all and by remote address. A new one takes the place of the one that has waited longest
 * for a request, or else of the one that takes longest to be answered; event streams keep theirs. They are bounded themselves,
 * far below the connections: so a probe always finds a place, however many sockets others hold open.
 */
export function guardConnections(
  server: Server,
  { clock, logger }: { clock: Pick<Clock, 'elapsed'>; logger: Logger },
): void {
  /** In the order in which they last did something. */
  const open = new Map<Socket, Connection>();
  const rarely = createRareLog(clock, LOGGED_EVERY_MS);

  function touch(socket: Socket, answer: ServerResponse | null): void {
    const connection = open.get(socket);
    if (connection === undefined) return;
    open.delete(socket);
    open.set(socket, { ...connection, answer });
  }

  function makeRoom(address: string): void {
    const ofOne = [...open].filter(([, connection]) => connection.address === address);
    const isOfOne = ofOne.length > MOST_OF_ONE;
    if (!isOfOne && open.size <= MOST_CONNECTIONS) return;
    oldestOf(isOfOne ? ofOne : [...open])?.destroy();
    rarely((closed) => {
      const fields = { address, open: open.size, limit: isOfOne ? MOST_OF_ONE : MOST_CONNECTIONS, closed };
      logger.warn(fields, 'too many connections; the oldest ones are closed');
    });
  }

  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    open.set(socket, { address, answer: null });
    socket.once('close', () => open.delete(socket));
    makeRoom(address);
  });
  server.on('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    touch(socket, answer);
    answer.once('close', () => touch(socket, null));
  });
}

function oldestOf(connections: readonly (readonly [Socket, Connection])[]): Socket | undefined {
  const waiting = connections.find(([, { answer }]) => answer === null);
  return (waiting ?? connections.find(([, { answer }]) => !isStream(answer)))?.[0];
}

function isStream(answer: ServerResponse | null): boolean {
  return String(answer?.getHeader('content-type') ?? '').startsWith('text/event-stream');
}
