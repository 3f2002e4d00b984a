/**
 * Characters that JSON leaves as they are and a terminal obeys (C1 controls, bidi overrides, zero-width and the like),
 * and those of private use, which mean what somebody agreed on.
 */
const HARMFUL = /[\p{Cf}\p{Co}\u{e0000}-\u{e0fff}\u007f-\u009f\u2028\u2029]/gu;

/** JSON that is also harmless when it is printed to a terminal; parsed, it gives the same value. */
export function harmlessJson(json: string): string {
  return json.replaceAll(HARMFUL, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
