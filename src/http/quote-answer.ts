import { maskSecrets } from '../text/mask-secrets.ts';
import { cleanText } from '../text/clean-text.ts';

/**
 * What a receiver said as one line for people: clean, at most `length` characters, each of `secrets` masked. A receiver
 * may repeat anything that it was sent.
 */
export function quoteAnswer(text: string, secrets: readonly string[], length = 200): string {
  // Again once it is clean: what was put between the letters of a secret is gone by then.
  return cleanText(maskSecrets(cleanText(maskSecrets(text, secrets)), secrets), length);
}
