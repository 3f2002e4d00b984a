/** Whether a PostgreSQL server offers TLS: asked before anything secret is sent. */
import { once } from 'node:events';
import { connect } from 'node:net';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const OFFERED = 'S'.charCodeAt(0);

export interface Asked {
  host: string;
  port: number;
  /** Longest wait for the server's answer. */
  timeoutMs: number;
  /** Ends the waiting. */
  signal: AbortSignal;
}

/**
 * Asks the server whether it speaks TLS, as `psql` does when no `sslmode` is given. Rejects when there is no answer: a server that
 * keeps it back must not be sent a password in the clear.
 */
export async function offersTls({ host, port, timeoutMs, signal: given }: Asked): Promise<boolean> {
  const socket = connect({ host, port });
  const late = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([late, given]);
  try {
    await once(socket, 'connect', { signal });
    socket.write(SSL_REQUEST);
    const answer = once(socket, 'data', { signal });
    // A server that ends the connection instead sends no data.
    const ended = once(socket, 'end', { signal }).then(() => {
      throw new Error('Connection terminated unexpectedly');
    });
    const [data] = (await Promise.race([answer, ended])) as [Buffer];
    return data[0] === OFFERED;
  } catch (error) {
    given.throwIfAborted();
    if (!late.aborted) throw error;
    throw Object.assign(new Error('connection timeout'), { code: 'ETIMEDOUT' });
  } finally {
    socket.destroy();
  }
}
