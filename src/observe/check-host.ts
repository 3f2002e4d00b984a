import type { IncomingMessage } from 'node:http';
import { LOOPBACK } from '../config/forms/text-forms.ts';

/** `example.org:80`, `192.0.2.1` or `[2001:db8::1]:80` (RFC 9110, 7.2). */
const HOST = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@?#[\]]+))(?::\d{0,5})?$/;

/**
 * Whether a request names this server: a name of loopback, the address on which it came in, or a name of the configuration. A
 * page in a browser that had its own name point here names itself (DNS rebinding). Without a name, as in HTTP/1.0, no browser
 * asks.
 */
export function createHostCheck(names: readonly string[]): (request: IncomingMessage) => boolean {
  const known = new Set(names.map((name) => name.toLowerCase().replace(/\.$/, '')));
  return ({ headers, socket }) => {
    if (headers.host === undefined) return true;
    const [, address, name] = HOST.exec(headers.host.toLowerCase()) ?? [];
    const host = (address ?? name)?.replace(/\.$/, '');
    if (host === undefined) return false;
    const listening = socket.localAddress?.replace(/^::ffff:/, '');
    return LOOPBACK.test(address === undefined ? host : `[${host}]`) || host === listening || known.has(host);
  };
}
