import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAlwaysQuiet, type QuietWindow, quietUntil } from '../../src/deliver/quiet-hours.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const WORKDAYS = [1, 2, 3, 4, 5];

/** A window written `22:00-07:00`. */
function quiet(times: string, { days = EVERY_DAY, timezone = 'UTC' } = {}): QuietWindow {
  const [fromMinute = 0, toMinute = 0] = times.split('-').map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    return hours * 60 + minutes;
  });
  return { days, fromMinute, toMinute, timezone };
}

/** The end of quiet at an instant, as ISO text. */
function endAt(windows: QuietWindow[], at: string): string | null {
  const until = quietUntil(windows, Date.parse(at));
  return until === null ? null : new Date(until).toISOString().replace(':00.000Z', 'Z');
}

// 2026-11-23 is a Monday.
describe('quiet hours', () => {
  it.each<[string, QuietWindow[], string, string | null]>([
    ['are none without a window', [], '2026-11-23T02:00Z', null],
    ['begin at their beginning', [quiet('22:00-07:00')], '2026-11-23T22:00Z', '2026-11-24T07:00Z'],
    ['have not begun before', [quiet('22:00-07:00')], '2026-11-23T21:59:59.999Z', null],
    ['go on over midnight', [quiet('22:00-07:00')], '2026-11-24T06:59:59.999Z', '2026-11-24T07:00Z'],
    ['are over at their end', [quiet('22:00-07:00')], '2026-11-24T07:00Z', null],
    ['may lie within a day', [quiet('12:00-13:30')], '2026-11-23T12:30Z', '2026-11-23T13:30Z'],
    ['end with the day at 24:00', [quiet('18:00-24:00')], '2026-11-23T20:00Z', '2026-11-24T00:00Z'],
    [
      'last a day from a time to itself',
      [quiet('08:00-08:00', { days: [1] })],
      '2026-11-24T07:59Z',
      '2026-11-24T08:00Z',
    ],
    ['of a day begin on that day', [quiet('22:00-07:00', { days: WORKDAYS })], '2026-11-21T23:00Z', null],
    [
      'of a day go on into the next',
      [quiet('22:00-07:00', { days: WORKDAYS })],
      '2026-11-21T06:00Z',
      '2026-11-21T07:00Z',
    ],
    [
      'go by the clock of their zone',
      [quiet('22:00-07:00', { timezone: 'America/New_York' })],
      '2026-11-24T03:00Z',
      '2026-11-24T12:00Z',
    ],
    [
      'that adjoin are one',
      [
        quiet('22:00-07:00', { days: WORKDAYS }),
        quiet('07:00-22:00', { days: [6] }),
        quiet('22:00-08:00', { days: [6] }),
      ],
      '2026-11-20T23:00Z',
      '2026-11-22T08:00Z',
    ],
    [
      'that overlap in two zones are one',
      [quiet('20:00-23:00'), quiet('22:00-06:00', { timezone: 'Europe/Berlin' })],
      '2026-11-23T20:30Z',
      '2026-11-24T05:00Z',
    ],
  ])('%s', (_, windows, at, end) => {
    expect(endAt(windows, at)).toBe(end);
  });
});

describe('when clocks change', () => {
  const BERLIN = { timezone: 'Europe/Berlin' };
  const NEW_YORK = { timezone: 'America/New_York' };
  const LORD_HOWE = { timezone: 'Australia/Lord_Howe' };

  it.each<[string, QuietWindow, string, string | null]>([
    // Berlin leaps from 02:00 to 03:00 at 01:00Z on 29 March, and falls back from 03:00 to 02:00 at 01:00Z on 25 October.
    [
      'a night in spring is an hour shorter',
      quiet('22:00-07:00', BERLIN),
      '2026-03-28T21:00Z',
      '2026-03-29T05:00Z',
    ],
    [
      'an end that spring leaps over is the leap',
      quiet('00:00-02:30', BERLIN),
      '2026-03-28T23:30Z',
      '2026-03-29T01:00Z',
    ],
    [
      'a beginning that spring leaps over is the leap',
      quiet('02:30-05:00', BERLIN),
      '2026-03-29T01:00Z',
      '2026-03-29T03:00Z',
    ],
    ['a window that spring leaps over is none', quiet('02:10-02:50', BERLIN), '2026-03-29T01:00Z', null],
    [
      'a night in autumn is an hour longer',
      quiet('22:00-07:00', BERLIN),
      '2026-10-24T20:00Z',
      '2026-10-25T06:00Z',
    ],
    [
      'an end that comes twice is the second',
      quiet('00:00-02:30', BERLIN),
      '2026-10-25T00:40Z',
      '2026-10-25T01:30Z',
    ],
    [
      'a beginning that comes twice is the first',
      quiet('02:30-05:00', BERLIN),
      '2026-10-25T00:30Z',
      '2026-10-25T04:00Z',
    ],
    [
      'a window that comes twice is one',
      quiet('02:10-02:50', BERLIN),
      '2026-10-25T00:55Z',
      '2026-10-25T01:50Z',
    ],
    // New York leaps at 07:00Z on 8 March, and falls back at 06:00Z on 1 November.
    ['spring in New York', quiet('22:00-02:30', NEW_YORK), '2026-03-08T06:59Z', '2026-03-08T07:00Z'],
    ['autumn in New York', quiet('22:00-01:30', NEW_YORK), '2026-11-01T05:45Z', '2026-11-01T06:30Z'],
    // Lord Howe leaps from 02:00 to 02:30 at 15:30Z on 3 October, and falls back from 02:00 to 01:30 at 15:00Z on 4 April.
    ['spring on Lord Howe', quiet('22:00-02:15', LORD_HOWE), '2026-10-03T15:00Z', '2026-10-03T15:30Z'],
    ['autumn on Lord Howe', quiet('22:00-01:45', LORD_HOWE), '2026-04-04T14:50Z', '2026-04-04T15:15Z'],
  ])('%s', (_, window, at, end) => {
    expect(endAt([window], at)).toBe(end);
  });
});

const CHANGES = {
  UTC: ['2026-03-29T01:00Z'],
  'Europe/Berlin': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'America/New_York': ['2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  'Australia/Lord_Howe': ['2026-10-03T15:30Z', '2026-04-04T15:00Z'],
};
const DAY_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Whether the wall clock as Intl shows it lies in a window: what people mean by quiet hours. */
function showsQuiet({ days, fromMinute, toMinute, timezone }: QuietWindow, at: number): boolean {
  const clock = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: timezone, hourCycle: 'h23', weekday: 'short', hour: '2-digit', minute: '2-digit' },
  });
  const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const minute = Number(parts.hour) * 60 + Number(parts.minute);
  const today = DAY_NAMES.indexOf(parts.weekday ?? '') + 1;
  const yesterday = today === 1 ? 7 : today - 1;
  if (fromMinute < toMinute) return days.includes(today) && minute >= fromMinute && minute < toMinute;
  return (days.includes(today) && minute >= fromMinute) || (days.includes(yesterday) && minute < toMinute);
}

/** Windows and a time near a change of the clocks of one zone. */
const anyNight = fc.constantFrom(...Object.entries(CHANGES)).chain(([timezone, changes]) =>
  fc.record({
    windows: fc.array(
      fc.record({
        days: fc.subarray(EVERY_DAY, { minLength: 1 }),
        fromMinute: fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 60, max: 200 })),
        toMinute: fc.oneof(fc.integer({ min: 1, max: 1440 }), fc.integer({ min: 60, max: 200 })),
        timezone: fc.constant(timezone),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    now: fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * DAY, max: 2 * DAY }))
      .map(([change, apart]) => Date.parse(change) + apart),
  }),
);

describe('with any windows, quiet', () => {
  const shows = (windows: QuietWindow[], at: number) => windows.some((window) => showsQuiet(window, at));

  it('reigns whenever a clock on the wall shows it', () => {
    fc.assert(
      fc.property(anyNight, ({ windows, now }) => {
        fc.pre(shows(windows, now));
        expect(quietUntil(windows, now)).toBeGreaterThan(now);
      }),
      { numRuns: 300 },
    );
  });

  it('ends when none shows it any more', () => {
    fc.assert(
      fc.property(anyNight, ({ windows, now }) => {
        const until = quietUntil(windows, now);
        fc.pre(until !== null && !isAlwaysQuiet(windows));
        expect([until - 1, until].map((at) => shows(windows, at))).toEqual([true, false]);
        expect([until - 1, until].map((at) => quietUntil(windows, at))).toEqual([until, null]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a week', () => {
  it('that is all quiet is known as such, and its quiet hours are found in pieces', () => {
    const halves = [quiet('00:00-12:00'), quiet('12:00-24:00')];
    const zones = [quiet('00:00-18:00'), quiet('12:00-24:00', { timezone: 'America/New_York' })];
    for (const windows of [[quiet('00:00-24:00')], [quiet('05:00-05:00')], halves, zones]) {
      expect(isAlwaysQuiet(windows)).toBe(true);
      expect(quietUntil(windows, Date.UTC(2026, 10, 23)) ?? 0).toBeLessThan(
        Date.UTC(2026, 10, 23) + 10 * DAY,
      );
    }
  });

  it('with a minute to speak in is not', () => {
    expect(isAlwaysQuiet([])).toBe(false);
    expect(
      isAlwaysQuiet([
        quiet('00:01-24:00', { days: [3] }),
        quiet('00:00-24:00', { days: [1, 2, 4, 5, 6, 7] }),
      ]),
    ).toBe(false);
  });
});
