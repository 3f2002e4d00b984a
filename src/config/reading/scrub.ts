import { isPostgres } from '../../record/store-place.ts';
import { isMap } from '../draft.ts';
import { unquoted } from '../forms/setting-kinds.ts';
import { SECRET_KEYS } from '../secret-settings.ts';
import { valuesAt } from '../settings.ts';

/** Shorter ones are words: hiding them would make the message unreadable and protect nothing. */
const SHORTEST_SECRET = 8;

/**
 * The text without the values of settings that are secret, wherever they slipped in: the same value may also sit in a setting that
 * is shown, when somebody mixed up two variables.
 */
export function scrub(text: string, tree: Record<string, unknown>): string {
  const values = [
    ...[...SECRET_KEYS.hidden, ...SECRET_KEYS.address].flatMap((key) => valuesAt(tree, key).flatMap(textsIn)),
    ...SECRET_KEYS.partly.flatMap((key) => valuesAt(tree, key).map(passwordOf)),
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

function textsIn(value: unknown): unknown[] {
  return isMap(value) ? Object.values(value) : [value].flat();
}
