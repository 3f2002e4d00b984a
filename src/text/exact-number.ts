/**
 * Numbers of JSON that a double does not hold, such as ids of 19 digits. They keep their digits: in comparisons, in words and
 * when they are written again.
 */

/** A number as it is written in JSON. Calculated with, it is the double next to it. */
export class ExactNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  toString(): string {
    return this.digits;
  }

  valueOf(): number {
    return Number(this.digits);
  }

  /** `JSON.stringify` writes the digits. */
  toJSON(): unknown {
    return JSON.rawJSON(this.digits);
  }
}

declare global {
  interface JSON {
    rawJSON(text: string): unknown;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}

/**
 * A double holds what has at most 15 digits and an exponent of at most two. So a number that it does not hold has seven digits in a
 * row or a longer exponent. Few texts of JSON do, and in most of them it is in a string.
 */
const MAY_BE_INEXACT = /\d\d\d\d\d\d\d|\d[eE][+-]?\d\d\d/;
const MAY_BE_INEXACT_NUMBER = /(?:^|[\s:,[])-?(?:\d[\d.]{15}|\d[\d.]*[eE][+-]?\d{3})/;

/**
 * Reads JSON. A number is a double where JavaScript writes the same number for it, and an `ExactNumber` elsewhere. Throws as
 * `JSON.parse` does.
 *
 * Measured on candidates of 4.5 KB: the look for such numbers takes a tenth of the time of `JSON.parse`; where there is one,
 * reading takes five times as long.
 */
export function parseJson(text: string): unknown {
  if (!MAY_BE_INEXACT.test(text) || !MAY_BE_INEXACT_NUMBER.test(text)) return JSON.parse(text) as unknown;
  try {
    return JSON.parse(text, exactly);
  } catch (error) {
    // Nested so deep that a reviver cannot follow. Who takes such JSON refuses it for its depth.
    if (error instanceof RangeError) return JSON.parse(text) as unknown;
    throw error;
  }
}

function exactly(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined || isHeld(value, source)) return value;
  return new ExactNumber(source);
}

/** Whether JavaScript writes this double as the number that `source` is. */
function isHeld(value: number, source: string): boolean {
  const written = String(value);
  return written === source || decimalOf(written) === decimalOf(source);
}

/** Characters of a power of ten. */
const LONGEST_POWER = 30;

/**
 * One text for each number, however it is written: its digits without zeros at either end, and the power of ten behind them.
 * `12.50` and `1250e-2` are `125e-1`.
 */
export function decimalOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  // Nobody means so high a power. To calculate with it could take seconds.
  if (power.length > LONGEST_POWER) return `${sign}${kept}e${power}`;
  return `${sign}${kept}e${BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - kept.length)}`;
}
