import { describeNetworkFailure } from './http-failure.ts';

/** A proxy's answer to CONNECT that is no tunnel. */
export class ProxyRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super('the proxy refuses');
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

/** What went wrong on the way through a proxy, in words that carry no address. */
export function describeProxyFailure(error: unknown): string {
  const status = refusalOf(error);
  if (status === undefined) return describeNetworkFailure(error);
  if (status === 407) return 'it wants a login: check the credentials of `proxy` (HTTP 407)';
  return `it does not let this through (HTTP ${status})`;
}

/** The status with which a proxy refused. undici has it in its messages and nowhere else. */
function refusalOf(error: unknown): number | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth++) {
    if (cause instanceof ProxyRefusal) return cause.status;
    const [, status] = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(cause.message) ?? [];
    if (status !== undefined) return Number(status);
  }
  return undefined;
}
