import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

/** What a client asked the proxy for. */
interface ProxiedRequest {
  method: string;
  /** `host:port` of a CONNECT, the whole address of anything else. */
  target: string;
  authorization: string | undefined;
}

/** What it does instead of forwarding. */
export type ProxyFault = { status: number } | 'silent' | 'hangs up';

/** A forward proxy on loopback: CONNECT, and plain requests by their whole address. */
export interface ForwardProxy {
  origin: string;
  /** The origin with credentials in it. */
  url: string;
  readonly seen: ProxiedRequest[];
  /** Changes what becomes of the next requests; null forwards them. */
  fault: ProxyFault | null;
  /** Connections of clients that are open. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

const PROXY_USER = 'canary-user';
export const PROXY_PASSWORD = 'canary-p@ss';
/** What a client sends that has taken the credentials from the URL. */
export const PROXY_AUTHORIZATION = `Basic ${Buffer.from(`${PROXY_USER}:${PROXY_PASSWORD}`).toString('base64')}`;

/** A proxy for as long as the test runs. */
export async function openProxy(fault: ProxyFault | null = null): Promise<ForwardProxy> {
  const proxy = await startForwardProxy();
  proxy.fault = fault;
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Listens, encrypted where there is a certificate; resolves when it can be connected to. */
export async function startForwardProxy(tls?: { key: string; cert: string }): Promise<ForwardProxy> {
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    note(incoming);
    forward(incoming, response, proxy.fault);
  });
  server.on('connect', (incoming: IncomingMessage, socket: Duplex) => {
    note(incoming);
    tunnel(incoming.url ?? '', socket, proxy.fault);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const scheme = tls === undefined ? 'http' : 'https';
  const proxy: ForwardProxy = {
    origin: `${scheme}://${host}`,
    url: `${scheme}://${PROXY_USER}:${encodeURIComponent(PROXY_PASSWORD)}@${host}`,
    seen: [],
    fault: null,
    connections: async () => sockets.size,
    close: () => closed(server, sockets),
  };
  function note({ method = '', url = '', headers }: IncomingMessage): void {
    proxy.seen.push({ method, target: url, authorization: headers['proxy-authorization'] });
  }
  return proxy;
}

function forward(incoming: IncomingMessage, response: ServerResponse, fault: ProxyFault | null): void {
  incoming.on('error', () => {});
  if (fault === 'silent') return void incoming.resume();
  if (fault === 'hangs up') return void incoming.socket.destroy();
  // What it was sent in confidence it says to every client.
  const said = JSON.stringify(incoming.headers);
  if (fault !== null) return void response.writeHead(fault.status).end(said);
  const { 'proxy-authorization': _, ...headers } = incoming.headers;
  const onward = request(incoming.url ?? '', { method: incoming.method ?? 'GET', headers, agent: false });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.headersSent || response.writeHead(502).end());
  response.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

function tunnel(target: string, socket: Duplex, fault: ProxyFault | null): void {
  socket.on('error', () => {});
  // A server's socket stays half open unless closed.
  if (fault === 'silent') return void socket.on('end', () => socket.destroy()).resume();
  if (fault === 'hangs up') return void socket.destroy();
  if (fault !== null) return void socket.end(`HTTP/1.1 ${fault.status} No\r\ncontent-length: 0\r\n\r\n`);
  const [host = '', port = ''] = target.split(':');
  const onward = connect(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    onward.pipe(socket).pipe(onward);
  });
  onward.on('error', () => socket.end('HTTP/1.1 502 No\r\n\r\n'));
  onward.on('close', () => socket.destroy());
  socket.on('close', () => onward.destroy());
}

async function closed(server: Pick<Server, 'close'>, sockets: ReadonlySet<Socket>): Promise<void> {
  const done = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  for (const socket of sockets) socket.destroy();
  await done;
}
