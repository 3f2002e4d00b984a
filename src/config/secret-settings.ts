/** Which settings are secrets. Derived from their declarations. */
import type { Secrecy } from './forms/setting.ts';
import { SETTINGS } from './settings.ts';

/**
 * Keys of the settings that are secret. A secret of one type of sink is one in sinks of every type, because a setting may stand
 * in a sink of the wrong type.
 */
export const SECRET_KEYS = {
  hidden: keysThatAre('hidden'),
  address: keysThatAre('address'),
  partly: keysThatAre('partly'),
};

/** Settings whose value is shown nowhere. */
export const SECRET_SETTING = placesOf(SECRET_KEYS.hidden, String.raw`(?:[.[].*)?`);

/** Addresses that are a secret as a whole: of their value only the origin is shown. */
export const SECRET_ADDRESS = placesOf(SECRET_KEYS.address, '');

function keysThatAre(secrecy: Secrecy): readonly string[] {
  const keys = SETTINGS.flatMap(({ key, facts }) =>
    facts.kind === 'value' && facts.secrecy === secrecy ? [key] : [],
  );
  return [...new Set(keys)];
}

/** What a written key looks like: `sinks[2].url`. `below`: what may follow. */
function placesOf(keys: readonly string[], below: string): RegExp {
  const patterns = keys.map((key) =>
    key.replaceAll('.', String.raw`\.`).replaceAll('[]', String.raw`\[\d+\]`),
  );
  return new RegExp(`^(?:${patterns.join('|')})${below}$`, 's');
}
