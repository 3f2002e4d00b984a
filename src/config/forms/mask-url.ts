import { MASK } from '../../text/mask-secrets.ts';
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

/** A URL that is a secret as a whole, as those of chat services are: only where it leads is shown. */
export function maskPath(url: string): string {
  if (!URL.canParse(url)) return MASK;
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? `${origin}/${MASK}` : maskUrl(url);
}

/** Whether it is a URL with a user or a password in it. */
export function hasCredentials(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}
