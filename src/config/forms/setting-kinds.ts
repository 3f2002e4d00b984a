import { z } from 'zod';
import type { Rate } from '../../record/outbox.ts';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { formatRate, parseRate, RATE_PATTERN } from './rate.ts';
import { formatSize, parseSize, SIZE_PATTERN } from './size.ts';
import { inUnit } from './unit.ts';

/*
 * The kinds of values a setting can have. Every check of a kind carries the same message: what is allowed.
 * `problems.ts` puts what was seen and where it came from in front of it, so a message never holds a value.
 */

const RATE = 'none, or 1 to 1000 messages and a span of 100ms to 1d, written like 1/s, 5/2s, 20/m or 100/h';

/** A map with exactly these keys. The message for an unknown key lists the known ones, joined by `, `. */
export function map<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? known : `a map with the keys ${known}`),
  });
}

/** Text of a form, with a further test for what a pattern cannot say. */
export function text(allowed: string, pattern: RegExp, test: (value: string) => boolean = () => true) {
  const isFit = (value: string) => pattern.test(value) && test(value);
  return z
    .string({ error: needsQuotes(allowed, isFit) })
    .regex(pattern, { error: allowed })
    .refine(test, { error: allowed });
}

/**
 * Text without spaces around it, such as a key, a token or an address: those that came along with it are removed. Quotes around
 * it are refused: a shell, Docker or systemd left them there, and the service would get them too.
 */
export function pasted(allowed: string, pattern: RegExp, test: (value: string) => boolean = () => true) {
  const isFit = (value: string) => unquoted(value) === null && test(value);
  return z
    .string({ error: needsQuotes(allowed, (value) => pattern.test(value) && isFit(value)) })
    .trim()
    .regex(pattern, { error: allowed })
    .refine(isFit, { error: allowed });
}

/** What is between quotes that surround a text; null when none do. */
export function unquoted(value: string): string | null {
  return (
    /^\s*(?:"(.*)"|'(.*)'|`(.*)`|“(.*)”|‘(.*)’)\s*$/s
      .exec(value)
      ?.slice(1)
      .find((inner) => inner !== undefined) ?? null
  );
}

/** The message for what is no text: a number, true or false that would be fit if it were in quotes. */
export function needsQuotes(allowed: string, isFit: (value: string) => boolean = () => true) {
  return ({ input }: { input?: unknown }): string => {
    const kind = typeof input;
    const isPlain = kind === 'number' || kind === 'boolean' || kind === 'bigint';
    if (!isPlain || !isFit(String(input))) return allowed;
    return `${allowed}; put it in quotes, because without quotes it is ${kind === 'boolean' ? 'true or false' : 'a number'} and not text`;
  };
}

/** Text for people, in the composed form of Unicode (NFC): some keyboards and file names give é as e with an accent behind it. */
export function composedText(allowed: string, pattern: RegExp) {
  return z
    .string({ error: needsQuotes(allowed, (value) => pattern.test(value)) })
    .normalize('NFC')
    .regex(pattern, { error: allowed });
}

/** One of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
  allowed = `one of ${words.join(', ')}`,
) {
  return z.enum(words, { error: allowed });
}

/** Yes or no; as text too, because that is what `${VAR}` leaves behind. */
export const truth = z.codec(
  z.union([z.boolean(), z.enum(['true', 'false'])], { error: 'true or false' }),
  z.boolean(),
  { decode: (value) => value === true || value === 'true', encode: (value) => value },
);

/** A span of time, in milliseconds once read. A lower bound of `0s` admits the number 0 too. */
export function duration(min: string, max: string) {
  const zero = parseDuration(min) === 0;
  const allowed = `a duration from ${zero ? '0' : min} to ${max}, written like 250ms, 10s, 5m, 1h or 7d`;
  const written = z.string({ error: allowed }).regex(DURATION_PATTERN, { error: allowed });
  const input = zero ? z.union([written, z.literal(0)], { error: allowed }) : written;
  const parse = within(parseDuration, { min: parseDuration(min), max: parseDuration(max) });
  return inUnit('Ms', parsed(input, z.number(), { parse, write: formatDuration, allowed }));
}

/** A span of time, in milliseconds once read, or `never`, null once read. */
export function durationOrNever(min: string, max: string) {
  const allowed = `never, or a duration from ${min} to ${max}, written like 7d, 30d or 365d`;
  const written = z
    .string({ error: allowed })
    .regex(new RegExp(`^never$|${DURATION_PATTERN.source}`), { error: allowed });
  const span = within(parseDuration, { min: parseDuration(min), max: parseDuration(max) });
  const parse = (value: string) => (value === 'never' ? null : span(value));
  const write = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms));
  return inUnit('Ms', parsed(written, z.number().nullable(), { parse, write, allowed }));
}

/** An amount of memory, in bytes once read. */
export function size(min: string, max: string) {
  const allowed = `a size from ${min} to ${max}, written like 512KiB, 64MiB, 1GiB or in bytes`;
  const bounds = { min: parseSize(min), max: parseSize(max) };
  const written = z.string().regex(SIZE_PATTERN, { error: allowed });
  const input = z.union([boundedInt(bounds, allowed), written], { error: allowed });
  const parse = within(parseSize, bounds);
  return inUnit('Bytes', parsed(input, z.number(), { parse, write: formatSize, allowed }));
}

/** How many messages may begin within a span; null once read for `none`. */
export const rate = parsed(
  z.string({ error: RATE }).regex(RATE_PATTERN, { error: RATE }),
  z.custom<Rate | null>(),
  { parse: parseRate, write: formatRate, allowed: RATE },
);

/** A whole number; digits as text too, because that is what `${VAR}` leaves behind. */
export function wholeNumber(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`;
  const digits = z.string().regex(/^\d{1,9}$/, { error: allowed });
  const input = z.union([boundedInt({ min, max }, allowed), digits], { error: allowed });
  const write = (value: number): number | string => value;
  return parsed(input, z.number(), { parse: within(Number, { min, max }), write, allowed });
}

/** What is written in one form and read in another. `parse` gives undefined for what is not allowed. */
export function parsed<Input extends z.ZodType, Output extends z.ZodType>(
  input: Input,
  output: Output,
  form: {
    parse(written: z.output<Input>): z.input<Output> | undefined;
    write(value: z.output<Output>): z.input<Input>;
    allowed: string;
  },
) {
  return z.codec<Input, Output>(input, output, {
    decode(written, { issues }) {
      const value = form.parse(written);
      if (value !== undefined) return value;
      issues.push({ code: 'custom', message: form.allowed, input: written });
      return z.NEVER;
    },
    encode: (value) => form.write(value as z.output<Output>) as z.output<Input>,
  });
}

interface Bounds {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

function boundedInt({ min = 0, max = 0 }: Bounds, allowed: string) {
  return z.int({ error: allowed }).min(min, { error: allowed }).max(max, { error: allowed });
}

function within(parse: (value: unknown) => number | undefined, { min = 0, max = 0 }: Bounds) {
  return (written: unknown): number | undefined => {
    const value = parse(written);
    return value !== undefined && value >= min && value <= max ? value : undefined;
  };
}
