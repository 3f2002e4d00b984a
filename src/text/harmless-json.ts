import { withoutRepeatedKeys } from './json-source.ts';

/**
 * One JSON value as it goes out: on one line, without a character that a terminal obeys, with well-formed Unicode. Made here
 * only, so that no other text is written where programs read JSON.
 */
export type JsonText = string & { readonly [jsonText]: true };
declare const jsonText: unique symbol;

/**
 * Characters that JSON leaves as they are and a terminal obeys (C1 controls, bidi overrides, zero-width and the like),
 * and those of private use, which mean what somebody agreed on.
 */
const HARMFUL = /[\p{Cf}\p{Co}\u{e0000}-\u{e0fff}\u007f-\u009f\u2028\u2029]/gu;

/** Escapes of a surrogate. Pairs are characters; one alone is none, and many readers of JSON refuse it. */
const HAS_SURROGATE = /\\u[dD][89a-fA-F]/;
const PAIR = String.raw`u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}`;
const ESCAPES = new RegExp(String.raw`\\(?:${PAIR}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)`, 'g');

/**
 * JSON that is also harmless when it is printed to a terminal; parsed, it gives the same value, with U+FFFD in place of
 * unpaired surrogates. The JSON is on one line and without unpaired surrogates that are not escaped.
 */
export function harmlessJson(json: string): JsonText {
  const escaped = withEscapes(json);
  if (!escaped.includes('\\u') || !HAS_SURROGATE.test(escaped)) return escaped as JsonText;
  const wellFormed = escaped.replaceAll(ESCAPES, (escape: string, alone: string | undefined) =>
    alone === undefined ? escape : '\\ufffd',
  );
  if (wellFormed === escaped) return escaped as JsonText;
  // Two keys may have become one.
  return withEscapes(withoutRepeatedKeys(wellFormed)) as JsonText;
}

function withEscapes(json: string): string {
  return isPlain(json)
    ? json
    : json.replaceAll(HARMFUL, (character) =>
        Array.from(
          { length: character.length },
          (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
        ).join(''),
      );
}

/** Most JSON is of plain ASCII. To see that takes a quarter of the time. */
function isPlain(json: string): boolean {
  return Buffer.byteLength(json) === json.length && !json.includes('\x7f');
}
