/** Shorter ones are words: hiding them would make a text unreadable and protect nothing. */
const SHORTEST_SECRET = 4;

/** What stands in place of a secret. */
export const MASK = '***';

/** Names of HTML for signs of a secret (https://html.spec.whatwg.org/#named-character-references). */
const HTML_NAMES: Readonly<Record<string, string>> = {
  ...{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos', '/': 'sol', '+': 'plus' },
  ...{ '=': 'equals', ':': 'colon', '@': 'commat', '%': 'percnt', '#': 'num', '\\': 'bsol' },
};

/** What was sent with these secrets may be quoted: the same list gives the same pattern, which is made once. */
const patterns = new WeakMap<readonly string[], RegExp | null>();

/**
 * The text with `***` in place of each secret, whichever way somebody has written it back: as it is, or each of its signs as JSON
 * (RFC 8259), percent encoding (RFC 3986), a form (`+` for a space) or HTML writes it, once or several times over.
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  let pattern = patterns.get(secrets);
  if (pattern === undefined) {
    pattern = patternOf(secrets);
    patterns.set(secrets, pattern);
  }
  return pattern === null ? text : text.replaceAll(pattern, MASK);
}

function patternOf(secrets: readonly string[]): RegExp | null {
  const whole = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    // The longest first, or a part of it would be masked and the rest be left.
    .toSorted((a, b) => b.length - a.length)
    .map((secret) => Array.from(secret, anySpelling).join(''));
  return whole.length === 0 ? null : new RegExp(whole.join('|'), 'g');
}

function anySpelling(sign: string): string {
  const point = sign.codePointAt(0) ?? 0;
  const literal = escaped(sign);
  const bytes = [...Buffer.from(sign)].map((byte) => `%(?:25)*${anyCase(hex(byte, 2))}`);
  const units = Array.from(
    { length: sign.length },
    (_, at) => `\\\\+u${anyCase(hex(sign.charCodeAt(at), 4))}`,
  );
  const name = HTML_NAMES[sign];
  const numbers = `&(?:amp;)*#(?:0*${point}|[xX]0*${anyCase(hex(point, 1))});?`;
  return `(?:${[
    ...('"\'\\/'.includes(sign) ? [`\\\\+${literal}`] : []),
    ...(sign === ' ' ? ['\\+'] : []),
    bytes.join(''),
    units.join(''),
    numbers,
    ...(name === undefined ? [] : [`&(?:amp;)*${name};?`]),
    // The last: it may be how another spelling begins.
    literal,
  ].join('|')})`;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

const anyCase = (digits: string): string =>
  digits.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

function escaped(sign: string): string {
  return sign.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
