import { isMap } from '../draft.ts';
import { passwordIn } from '../forms/postgres-url.ts';
import { unquoted } from '../forms/setting-kinds.ts';
import { SECRET_KEYS } from '../secret-settings.ts';
import { MASK } from '../../text/mask-secrets.ts';
import { valuesAt } from '../settings.ts';

/** Shorter ones are words: hiding them would make the message unreadable and protect nothing. */
const SHORTEST_SECRET = 8;

/**
 * The text without the values of secret settings, in every place: the same value may also sit in a setting that
 * is shown, when somebody mixed up two variables.
 */
export function scrub(text: string, tree: Record<string, unknown>): string {
  const values = [
    ...[...SECRET_KEYS.hidden, ...SECRET_KEYS.address].flatMap((key) => valuesAt(tree, key).flatMap(textsIn)),
    ...SECRET_KEYS.partly.flatMap((key) => valuesAt(tree, key).map(passwordIn)),
  ];
  const secrets = values
    .flatMap((value) => (typeof value === 'string' ? [value, value.trim(), unquoted(value) ?? ''] : []))
    .filter((secret) => secret.length >= SHORTEST_SECRET);
  return secrets.reduce<string>((clean, secret) => clean.replaceAll(secret, MASK), text);
}

function textsIn(value: unknown): unknown[] {
  return isMap(value) ? Object.values(value) : [value].flat();
}
