import { z } from 'zod';
import { isAlwaysQuiet, type QuietWindow } from '../../deliver/quiet-hours.ts';
import { listOf, open, readBy } from '../../config/forms/setting.ts';
import { oneOf, parsed, text } from '../../config/forms/setting-kinds.ts';
import { inUnit } from '../../config/forms/unit.ts';

/** In the order of ISO 8601, whose Monday is 1. */
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** More would be a calendar, and each costs a little at every delivery. */
const MOST_WINDOWS = 20;

const DAY_MINUTES = 1440;

const from = timeOfDay('a time of day from "00:00" to "23:59"', /^(?:[01]?\d|2[0-3]):[0-5]\d$/);
const to = timeOfDay(
  'a time of day from "00:00" to "24:00"',
  /^(?:(?:[01]?\d|2[0-3]):[0-5]\d|24:00)$/,
  DAY_MINUTES,
);

const TIMEZONE = text(
  'the name of a time zone, like Europe/Berlin, America/New_York or UTC',
  /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/,
  isTimezone,
);

const DAY_LIST = `a list of days: ${DAYS.join(', ')}`;

const quietWindow = {
  days: open(
    z.codec(
      z
        .array(oneOf(DAYS, `one of ${DAYS.join(', ')}, each by itself`), { error: DAY_LIST })
        .min(1, { error: DAY_LIST })
        .optional(),
      z.custom<number[]>(),
      {
        decode: (names: readonly string[] = DAYS) =>
          DAYS.flatMap((day, index) => (names.includes(day) ? [index + 1] : [])),
        encode: (days) => DAYS.filter((_, index) => days.includes(index + 1)),
      },
    ),
    'Days of the week on which the quiet time begins.',
    { when: ({ days }) => Array.isArray(days) && days.length < DAYS.length, usual: 'all' },
  ),
  from: open(from, 'When the quiet time begins.'),
  to: open(to, 'When the quiet time ends: on the next day if it is not after from.'),
  timezone: open(TIMEZONE.prefault('UTC'), 'Time zone of from and to.'),
};

/** Quiet hours, and what is delivered in them. */
export const quiet = listOf(
  parsed(
    z
      .array(readBy(quietWindow), { error: 'a list of maps with from and to' })
      .max(MOST_WINDOWS, { error: `at most ${MOST_WINDOWS} windows` }),
    z.custom<QuietWindow[]>(),
    {
      parse: (windows) => (isAlwaysQuiet(windows) ? undefined : windows),
      write: (windows) => windows as never,
      allowed: 'windows that leave some time of the week for deliveries',
    },
  ).prefault([]),
  'Times in which only urgent events are delivered; the others are delivered when the time ends.',
  { items: [quietWindow], when: 'set' },
);

/** A time of day, in minutes once read. 00:00 as an end is the midnight after. */
function timeOfDay(allowed: string, pattern: RegExp, midnight = 0) {
  const inQuotes = `${allowed}, in quotes`;
  const parse = (time: string) => minuteOf(time) || midnight;
  return inUnit(
    'Minute',
    parsed(text(inQuotes, pattern), z.number(), { parse, write: written, allowed: inQuotes }),
  );
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function written(minute: number): string {
  const [hours, minutes] = [Math.floor(minute / 60), minute % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${hours}:${minutes}`;
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
