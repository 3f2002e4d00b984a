import { isPostgres } from '../../record/store-place.ts';
import { SECRET_KEYS } from '../../sinks/registry.ts';
import { getIn, isMap } from '../draft.ts';
import { unquoted } from '../forms/setting-kinds.ts';

/** Shorter ones are words: hiding them would make the message unreadable and protect nothing. */
const SHORTEST_SECRET = 8;

/**
 * The text without the key, the token, the address of the heartbeat and the secrets of sinks, wherever they slipped in: the same value may also sit
 * in a setting that is shown, when somebody mixed up two variables.
 */
export function scrub(text: string, tree: Record<string, unknown>): string {
  const sinks = Array.isArray(tree.sinks) ? tree.sinks : [];
  const given = [
    ['api', 'key'],
    ['http', 'token'],
    ['heartbeat', 'url'],
  ];
  const values = [
    ...given.map((path) => getIn(tree, path)),
    passwordOf(getIn(tree, ['store', 'path'])),
    ...sinks.flatMap(secretsOf),
  ];
  const secrets = values
    .flatMap((value) => (typeof value === 'string' ? [value, value.trim(), unquoted(value) ?? ''] : []))
    .filter((secret) => secret.length >= SHORTEST_SECRET);
  return secrets.reduce<string>((clean, secret) => clean.replaceAll(secret, '***'), text);
}

function passwordOf(written: unknown): string | null {
  const place = typeof written === 'string' ? (unquoted(written) ?? written.trim()) : '';
  if (!isPostgres(place) || !URL.canParse(place)) return null;
  try {
    return decodeURIComponent(new URL(place).password);
  } catch {
    return null;
  }
}

function secretsOf(sink: unknown): unknown[] {
  if (!isMap(sink)) return [];
  return [...SECRET_KEYS.hidden, ...SECRET_KEYS.address].flatMap((key) => {
    const value = sink[key];
    return isMap(value) ? Object.values(value) : [value].flat();
  });
}
