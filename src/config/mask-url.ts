import type { SinkConfig } from './sinks/sections.ts';

const MASK = '***';

/**
 * A URL that may be shown: credentials, query and fragment are hidden, scheme, host and path stay.
 * What is not an http(s) URL shows at most its scheme, since nobody knows where its secrets sit.
 */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return MASK;
  const { protocol, username, password, host, pathname, search, hash } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') {
    return url.startsWith(`${protocol}//`) ? `${protocol}//${MASK}` : MASK;
  }
  const user = username === '' && password === '' ? '' : `${MASK}@`;
  const path = pathname === '/' ? '' : pathname;
  const query = search === '' ? '' : `?${MASK}`;
  const fragment = hash === '' ? '' : `#${MASK}`;
  return `${protocol}//${user}${host}${path}${query}${fragment}`;
}

/** Whether the URL of a type of sink is a secret as a whole: of some services, and so of any webhook, the path is the key. */
const URL_IS_SECRET: Readonly<Record<SinkConfig['type'], boolean>> = {
  ...{ webhook: true, slack: true, discord: true, teams: true, ntfy: true },
  ...{ log: false, command: false, file: false, telegram: false, email: false },
};

/** Types of sink whose URL is a secret as a whole. */
export const SECRET_URL_TYPES: ReadonlySet<unknown> = new Set(
  Object.entries(URL_IS_SECRET).flatMap(([type, isSecret]) => (isSecret ? [type] : [])),
);

/** A URL that is a secret as a whole, as those of chat services are: only where it leads is shown. */
export function maskPath(url: string): string {
  if (!URL.canParse(url)) return MASK;
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? `${origin}/${MASK}` : maskUrl(url);
}
