import { z } from 'zod';
import { hasCredentials } from '../../config/forms/mask-url.ts';
import { text } from '../../config/forms/setting-kinds.ts';

/** Ours to say, or the connection's. Compared in lower case. */
const TAKEN =
  /^(?:content-(?:type|length|encoding)|webhook-.*|host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect)$/;

const MAP = 'a map of names and values';
const NAME = 'a header name of letters, digits, - or _';

/** Fewer characters than a token of HTTP may have: those that proxies let through. */
const HEADER_NAME = text(NAME, /^[\w-]{1,100}$/);

const HEADER_VALUE = text(
  'visible ASCII, with spaces only between words, at most 4096 characters',
  /^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/,
);

/** Headers of the operator's own. Their values are secrets: a token is what they are mostly for. */
export const extraHeaders = z.record(HEADER_NAME, HEADER_VALUE, {
  error: (issue) => (issue.code === 'invalid_key' ? NAME : MAP),
});

/** What is wrong with headers that are right one by one, keyed by their name. */
export function headerConflicts(
  headers: Readonly<Record<string, string>>,
  url: string,
): { name: string; allowed: string }[] {
  const seen = new Set<string>();
  return Object.keys(headers).flatMap((name) => {
    const lower = name.toLowerCase();
    const isRepeated = seen.has(lower);
    seen.add(lower);
    if (isRepeated) return [{ name, allowed: 'each header once, in upper or lower case' }];
    if (TAKEN.test(lower))
      return [{ name, allowed: 'a header that findall-watch and HTTP do not set themselves' }];
    if (lower === 'authorization' && hasCredentials(url)) {
      return [{ name, allowed: 'an authorization header, or credentials in the URL, not both' }];
    }
    return [];
  });
}

/** As they are sent, so that one of the operator's takes the place of one of ours. */
export function byLowerCaseName(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
