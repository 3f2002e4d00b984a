import { createRequire } from 'node:module';
import type * as TemporalPolyfill from 'temporal-polyfill';
import type { Temporal } from 'temporal-polyfill';

/** A time of the week in which a sink gets only urgent events. */
export interface QuietWindow {
  /** ISO days of the week (1 Monday to 7 Sunday) on which it begins. */
  days: readonly number[];
  /** Minutes of the wall clock, 0 to 1439. */
  fromMinute: number;
  /** 1 to 1440. Before `fromMinute`: on the next day. The same: a whole day later. */
  toMinute: number;
  /** As `Intl` knows it. */
  timezone: string;
}

const DAY_MS = 86_400_000;
const DAY_MINUTES = 1440;

/** More than any week that has a time to speak in it. */
const LONGEST_MS = 8 * DAY_MS;

/** Loaded with the first window, because it takes 11 ms of the start. Goes when Node brings Temporal. */
function temporal(): typeof Temporal {
  return (createRequire(import.meta.url)('temporal-polyfill') as typeof TemporalPolyfill).Temporal;
}

/**
 * When the quiet that reigns at `now` ends, in epoch ms; null when there is none. Windows that overlap or adjoin are
 * one quiet. Bounded, though no week has an end: at most about nine days ahead.
 */
export function quietUntil(windows: readonly QuietWindow[], now: number): number | null {
  if (windows.length === 0) return null;
  let until = now;
  while (until - now < LONGEST_MS) {
    const later = Math.max(...windows.map((window) => endAround(window, until)));
    if (later <= until) break;
    until = later;
  }
  return until > now ? until : null;
}

/** Whether there is no time to speak at all, in winter or in summer. */
export function isAlwaysQuiet(windows: readonly QuietWindow[]): boolean {
  const seasons = [Date.UTC(2026, 0, 15), Date.UTC(2026, 6, 15)];
  return seasons.some((at) => (quietUntil(windows, at) ?? at) - at >= LONGEST_MS);
}

/** When the window around `at` ends; -Infinity when it is not open then. */
function endAround({ days, fromMinute, toMinute, timezone }: QuietWindow, at: number): number {
  const today = temporal().Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone).toPlainDate();
  const lasting = toMinute > fromMinute ? toMinute : toMinute + DAY_MINUTES;
  // One that began yesterday may still be open. The day before counts where the clock was set back over midnight.
  const ends = [-2, -1, 0].flatMap((offset) => {
    const day = today.add({ days: offset });
    if (!days.includes(day.dayOfWeek)) return [];
    const end = wallTime(day, lasting, timezone, 'later');
    return at < end && wallTime(day, fromMinute, timezone, 'earlier') <= at ? [end] : [];
  });
  return Math.max(...ends);
}

/**
 * The instant at which the wall clock comes to `minute` of a day. When it shows that twice, as in autumn, the first
 * or the second, so that a window holds both; when it leaps over it, as in spring, the leap.
 */
function wallTime(
  day: Temporal.PlainDate,
  minute: number,
  timeZone: string,
  disambiguation: 'earlier' | 'later',
): number {
  const wall = day
    .add({ days: Math.floor(minute / DAY_MINUTES) })
    .toPlainDateTime({ hour: Math.floor((minute % DAY_MINUTES) / 60), minute: minute % 60 });
  const found = wall.toZonedDateTime(timeZone, { disambiguation });
  if (found.toPlainDateTime().equals(wall)) return found.epochMilliseconds;
  const before = wall.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  return (before.getTimeZoneTransition('next') ?? found).epochMilliseconds;
}
