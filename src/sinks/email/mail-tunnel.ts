import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import { endpointOf } from '../../http/endpoint.ts';
import { ProxyRefusal } from '../../http/network-failure.ts';

/** The way to a mail server through an HTTP proxy, by CONNECT (RFC 9110 §9.3.6). */
export interface MailTunnel {
  /** Of the proxy. */
  origin: string;
  /** Of the credentials: nothing that anybody says may hold them. */
  secrets: readonly string[];
  /** Hands over a connection on which the server speaks first, or a ProxyRefusal, or a network failure. */
  open(done: (error: Error | null, opened?: { connection: Socket }) => void): void;
  /** Cuts what is still being opened: nodemailer would wait for its own proxy until the timeout is over. */
  close(): void;
}

/** Opens no connection before it is asked to. `timeoutMs` bounds what a silent proxy can hold up. */
export function createMailTunnel(
  proxy: string,
  { host, port, timeoutMs }: { host: string; port: number; timeoutMs: number },
): MailTunnel {
  const { origin, authorization, secrets } = endpointOf(proxy);
  const target = host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
  const closing = new AbortController();
  return {
    origin,
    secrets,
    open(done) {
      const request = (origin.startsWith('https:') ? https : http).request(origin, {
        method: 'CONNECT',
        path: target,
        headers: { host: target, ...(authorization && { 'proxy-authorization': authorization }) },
        agent: false,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
      });
      request.on('error', done);
      // To Node every answer to CONNECT is one, with any status.
      request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
        if (statusCode < 200 || statusCode >= 300) {
          socket.destroy();
          done(new ProxyRefusal(statusCode));
          return;
        }
        if (head.length > 0) socket.unshift(head);
        done(null, { connection: socket });
      });
      request.end();
    },
    close: () => closing.abort(),
  };
}
