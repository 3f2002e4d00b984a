import { lackOfFiles, TOO_MANY_FILES } from '../system/descriptors.ts';
import { NotLoaded } from '../system/load-lazily.ts';

/** A proxy's answer to CONNECT that is no tunnel. */
export class ProxyRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super('the proxy refuses');
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

/** What went wrong with an HTTP exchange, in words that carry no address: URLs may hold secrets. */
export function describeNetworkFailure(error: unknown): string {
  const status = refusalOf(error);
  if (status === 407) return 'the proxy of the environment wants a login: check its credentials (HTTP 407)';
  if (status !== undefined) return `the proxy of the environment does not let this through (HTTP ${status})`;
  return describeFault(error);
}

/** The same of a way through a proxy that the words before name: "… through the proxy ORIGIN: it …". */
export function describeProxyFailure(error: unknown): string {
  const status = refusalOf(error);
  if (status === 407) return 'it wants a login: check the credentials of `proxy` (HTTP 407)';
  if (status !== undefined) return `it does not let this through (HTTP ${status})`;
  return describeFault(error);
}

function describeFault(error: unknown): string {
  if (error instanceof NotLoaded) return error.message;
  const causes = causeChain(error);
  const code = causes
    .map((cause) => (cause as { code?: unknown }).code)
    .find((value) => typeof value === 'string');
  if (typeof code === 'string') {
    // The look-up of a name opens files, and says only that it found nothing.
    const lack = LOOK_UPS.has(code) ? lackOfFiles(OPENED_BY_LOOK_UP) : undefined;
    return lack?.join(': ') ?? TOO_MANY_FILES[code] ?? `${WORDS[code] ?? 'network failure'} (${code})`;
  }
  if (causes.some((cause) => cause.message === 'terminated'))
    return 'the connection was cut during the answer';
  return 'network failure';
}

const LOOK_UPS: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const OPENED_BY_LOOK_UP = 2;

/** The words of the codes that operators meet most. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name cannot be looked up now',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_PRX_CONN: 'the connection was closed',
  UND_ERR_PRX_TLS: 'the certificate is for another host',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};

function causeChain(error: unknown): Error[] {
  const chain: Error[] = [];
  let current = error;
  while (current instanceof Error && chain.length < 10) {
    chain.push(current);
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return chain;
}

/** The status with which a proxy refused. undici has it in its messages and nowhere else. */
function refusalOf(error: unknown): number | undefined {
  for (const cause of causeChain(error)) {
    if (cause instanceof ProxyRefusal) return cause.status;
    const [, status] = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(cause.message) ?? [];
    if (status !== undefined) return Number(status);
  }
  return undefined;
}
