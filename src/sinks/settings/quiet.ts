import { z } from 'zod';
import { isAlwaysQuiet, type QuietWindow } from '../../deliver/quiet-hours.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import { map, oneOf, text } from '../../config/forms/setting-kinds.ts';
import type { ShownSetting } from './own-setting.ts';

/** In the order of ISO 8601, whose Monday is 1. */
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** More would be a calendar, and each costs a little at every delivery. */
const MOST_WINDOWS = 20;

const from = timeOfDay('a time of day from "00:00" to "23:59"', /^(?:[01]?\d|2[0-3]):[0-5]\d$/);
const to = timeOfDay('a time of day from "00:00" to "24:00"', /^(?:(?:[01]?\d|2[0-3]):[0-5]\d|24:00)$/);

const TIMEZONE = text(
  'the name of a time zone, like Europe/Berlin, America/New_York or UTC',
  /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/,
  isTimezone,
);

const DAY_LIST = `a list of days: ${DAYS.join(', ')}`;

const quietWindow = map({
  days: z
    .array(oneOf(DAYS, `one of ${DAYS.join(', ')}, each by itself`), { error: DAY_LIST })
    .min(1, { error: DAY_LIST })
    .optional()
    .describe('Days of the week on which it begins; all unless told.'),
  from: from.describe('When it begins, by the wall clock.'),
  to: to.describe('When it ends; on the next day where that is not after from.'),
  timezone: TIMEZONE.prefault(DEFAULTS.sink.quietTimezone).describe('Whose wall clock.'),
});

/** Quiet hours, and what is told in them. */
export const quiet = z
  .array(quietWindow, { error: 'a list of maps with from and to' })
  .max(MOST_WINDOWS, { error: `at most ${MOST_WINDOWS} windows` })
  .transform((windows, context): QuietWindow[] => {
    const quietWindows = windows.map(toWindow);
    if (isAlwaysQuiet(quietWindows)) {
      context.addIssue({ code: 'custom', message: 'windows that leave some time of the week to tell' });
    }
    return quietWindows;
  })
  .prefault([])
  .describe('Times in which nothing is told but what is urgent; the rest is told when they end.');

/** For `check`. */
export function quietSettings(windows: readonly QuietWindow[]): ShownSetting[] {
  return windows.flatMap(({ days, fromMinute, toMinute, timezone }, index): ShownSetting[] => {
    const at = `quiet[${index}]`;
    const names = days.map((day) => DAYS[day - 1] ?? '');
    return [
      ...(days.length === DAYS.length ? [] : [[`${at}.days`, names] as const]),
      [`${at}.from`, written(fromMinute)],
      [`${at}.to`, written(toMinute)],
      [`${at}.timezone`, timezone],
    ];
  });
}

function toWindow(checked: z.output<typeof quietWindow>): QuietWindow {
  const named: readonly string[] = checked.days ?? DAYS;
  return {
    days: DAYS.flatMap((day, index) => (named.includes(day) ? [index + 1] : [])),
    fromMinute: minuteOf(checked.from),
    // 00:00 as an end is the midnight after.
    toMinute: minuteOf(checked.to) || 1440,
    timezone: checked.timezone,
  };
}

function timeOfDay(allowed: string, pattern: RegExp) {
  return text(`${allowed}, in quotes`, pattern);
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
