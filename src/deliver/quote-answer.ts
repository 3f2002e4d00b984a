import { cleanText } from '../present/clean-text.ts';

/** Shorter ones are words: hiding them would make the answer unreadable and protect nothing. */
const SHORTEST_SECRET = 4;

/**
 * What a receiver said as one line for people: clean, at most `length` characters, each of `secrets` masked. A receiver
 * may say back whatever it was sent.
 */
export function quoteAnswer(text: string, secrets: readonly string[], length = 200): string {
  // Again once it is clean: what was put between the letters of a secret is gone by then.
  return cleanText(mask(cleanText(mask(text, secrets)), secrets), length);
}

function mask(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap((secret) =>
      secret.length < SHORTEST_SECRET ? [] : [secret, JSON.stringify(secret).slice(1, -1)],
    )
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
