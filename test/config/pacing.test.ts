import { assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/config/forms/duration.ts';
import { explainConfig } from '../../src/config/explain-config.ts';
import { formatRate, parseRate } from '../../src/config/forms/rate.ts';
import { type House, houseWith } from './config-harness.ts';

const CANARY = 'c4narySONG';
const TOKEN = `1:${CANARY.repeat(4)}`;

const SLACK = 'type: slack, url: "https://x.example"';
const DISCORD = 'type: discord, url: "https://x.example"';
const TEAMS = 'type: teams, url: "https://x.example"';
const TELEGRAM = `type: telegram, token: "${TOKEN}", chat: "1"`;
const EMAIL = 'type: email, host: x.example, from: a@x.example, to: b@x.example';
const NTFY = 'type: ntfy, url: "https://x.example/t"';
const PEOPLE = [SLACK, DISCORD, TEAMS, TELEGRAM, EMAIL, NTFY];
const PROGRAMS = ['type: log', 'type: webhook, url: "https://x.example"', 'type: file, path: x'];
const COMMAND = 'type: command, command: [x]';
const ALL = [...PEOPLE, ...PROGRAMS, COMMAND];

/** A file with one sink of these settings. */
function houseOf(...settings: string[]): House {
  return houseWith(`sinks: [{ name: a, ${settings.join(', ')} }]`);
}

function sinkOf(...settings: string[]) {
  return houseOf(...settings).load().config.sinks[0];
}

describe('groups', () => {
  it.each<[string, number, number]>([
    [SLACK, 5000, 20],
    [DISCORD, 5000, 10],
    [TEAMS, 5000, 20],
    [TELEGRAM, 5000, 20],
    [EMAIL, 30_000, 20],
    [NTFY, 5000, 20],
    ...[...PROGRAMS, COMMAND].map((program) => [program, 0, 1] satisfies [string, number, number]),
  ])('of a sink of %s wait %i ms and list %i', (settings, waitMs, max) => {
    expect(sinkOf(settings)).toMatchObject({ group: { waitMs, max } });
  });

  it.each(ALL)('of a sink of %s may wait from nothing to an hour', (settings) => {
    expect(sinkOf(settings, 'group: { wait: 0 }')).toMatchObject({ group: { waitMs: 0 } });
    expect(sinkOf(settings, 'group: { wait: 1h }')).toMatchObject({ group: { waitMs: 3_600_000 } });
    expect(houseOf(settings, 'group: { wait: 61m }').problems()).toEqual([
      expect.stringContaining('sinks[0].group.wait: saw "61m"; allowed: a duration from 0 to 1h'),
    ]);
  });

  it.each<[string, number]>([
    [SLACK, 50],
    [DISCORD, 50],
    [EMAIL, 50],
    [COMMAND, 100],
  ])('of a sink of %s hold at most %i', (settings, most) => {
    expect(sinkOf(settings, `group: { max: ${most} }`)).toMatchObject({ group: { max: most } });
    expect(houseOf(settings, `group: { max: ${most + 1} }`).problems()).toEqual([
      expect.stringContaining(
        `sinks[0].group.max: saw ${most + 1}; allowed: a whole number from 1 to ${most}`,
      ),
    ]);
  });

  it.each(PROGRAMS)('of a sink of %s have no size', (settings) => {
    const problem = 'sinks[0].group.max: unknown key; allowed: wait';
    expect(houseOf(settings, 'group: { max: 2 }').problems()).toEqual([expect.stringContaining(problem)]);
    expect(explainConfig(houseOf(settings).load())).toContain('    group:\n      wait: 0s');
  });
});

describe('rates', () => {
  it.each([
    ['1/s', 1, 1000],
    ['5/2s', 5, 2000],
    ['20/m', 20, 60_000],
    ['100/1h', 100, 3_600_000],
    ['1000/d', 1000, 86_400_000],
    ['3/100ms', 3, 100],
  ])('%s is %i in %i ms', (written, count, windowMs) => {
    expect(sinkOf('type: log', `rate: ${written}`)).toMatchObject({ rate: { count, windowMs } });
  });

  it('none is no limit, for a service that has one too', () => {
    expect(sinkOf('type: slack, url: "https://hooks.slack.com/x"', 'rate: none')).toMatchObject({
      rate: null,
    });
  });

  it.each([
    '20',
    '20/w',
    '0/s',
    '1001/s',
    '1/99ms',
    '1/ms',
    '1/2d',
    '5 / s',
    '1/-1s',
    '-1/s',
    'NONE',
    '20/0s',
    '[1/s]',
    '20',
    '1/1e3s',
  ])('%s is none', (written) => {
    expect(houseOf('type: log', `rate: ${written}`).problems()).toEqual([
      expect.stringMatching(/sinks\[0\]\.rate: saw .*; allowed: none, or 1 to 1000 messages and a span/),
    ]);
  });

  it('survive being written and read', () => {
    const anyRate = record({
      count: integer({ min: 1, max: 1000 }),
      windowMs: constantFrom(100, 1000, 1500, 2000, 60_000, 90_000, 600_000, 3_600_000, 86_400_000),
    });
    assert(
      property(anyRate, (rate) => {
        expect(parseRate(formatRate(rate))).toEqual(rate);
      }),
    );
    expect(parseRate(formatRate(null))).toBeNull();
  });

  const slack = (url: string) => `type: slack, url: "${url}"`;
  const discord = (url: string) => `type: discord, url: "${url}"`;
  const telegram = (chat: string) => `type: telegram, token: "${TOKEN}", chat: "${chat}"`;
  const ntfy = (url: string) => `type: ntfy, url: "${url}"`;

  it.each<[string, string]>([
    [slack('https://hooks.slack.com/services/x'), '1/s'],
    [slack('https://mattermost.example/hooks/x'), 'none'],
    [slack('https://hooks.slack.com.evil.example/x'), 'none'],
    [discord('https://discord.com/api/webhooks/1/x'), '1/2s'],
    [discord('https://canary.discord.com/api/webhooks/1/x'), '1/2s'],
    [discord('http://localhost:1/x'), 'none'],
    ['type: teams, url: "https://prod-1.westeurope.logic.azure.com/x"', '1/s'],
    ['type: teams, url: "http://127.0.0.1:1/x"', 'none'],
    [telegram('-1001234567890'), '20/m'],
    [telegram('@lights'), '20/m'],
    [telegram('4711'), '1/s'],
    [ntfy('https://ntfy.sh/t'), '30/5m'],
    [ntfy('https://ntfy.example/t'), 'none'],
    [EMAIL, 'none'],
    ...[...PROGRAMS, COMMAND].map((program) => [program, 'none'] satisfies [string, string]),
  ])('of a sink of %s are %s unless told', (settings, written) => {
    const loaded = houseOf(settings).load();
    expect(loaded.config.sinks).toMatchObject([{ rate: parseRate(written) }]);
    expect(explainConfig(loaded)).toContain(`    rate: ${written}  # default\n`);
  });
});

describe('quiet hours', () => {
  it('are none unless told', () => {
    const loaded = houseOf('type: log').load();
    expect(loaded.config.sinks).toMatchObject([{ quiet: [], urgent: [] }]);
    expect(explainConfig(loaded)).not.toMatch(/quiet|urgent/);
  });

  it('are of all days and UTC unless told', () => {
    const all = { days: [1, 2, 3, 4, 5, 6, 7], timezone: 'UTC' };
    expect(
      sinkOf('type: log', 'quiet: [{ from: 22:00, to: 7:05 }, { from: "12:00", to: "24:00" }]'),
    ).toMatchObject({
      quiet: [
        { ...all, fromMinute: 1320, toMinute: 425 },
        { ...all, fromMinute: 720, toMinute: 1440 },
      ],
    });
  });

  it('are of the days told, in the order of the week, each once', () => {
    expect(sinkOf('type: log', 'quiet: [{ days: [sun, mon, sun], from: 18:00, to: 00:00 }]')).toMatchObject({
      quiet: [{ days: [1, 7], fromMinute: 1080, toMinute: 1440 }],
    });
  });

  it('are shown as a file that says the same', () => {
    const house = houseOf(
      'type: ntfy, url: "https://x.example/t"',
      'quiet: [{ days: [sat, sun, mon], from: 9:00, to: 00:00, timezone: Europe/Berlin }, { from: 22:00, to: 07:00 }]',
      'urgent: [findall.key.*, findall.key.*, findall.run.failed]',
    );
    const told = explainConfig(house.load());
    expect(told).toContain('        from: 09:00');
    expect(told).toContain('        to: 24:00');
    const again = told
      .replaceAll(/url: .*/g, 'url: https://x.example/t')
      .replaceAll(/^ *(?:key|token): null.*\n/gm, '');
    expect(houseWith(again).load().config.sinks).toEqual(house.load().config.sinks);
    expect(house.load().config.sinks).toMatchObject([{ urgent: ['findall.key.*', 'findall.run.failed'] }]);
  });

  const one = (window: string) => `quiet: [{ ${window} }]`;

  it.each([
    [
      one('from: 2200, to: 07:00'),
      'sinks[0].quiet[0].from: saw 2200; allowed: a time of day from "00:00" to "23:59", in quotes',
    ],
    [one('from: 22:00'), 'sinks[0].quiet[0].to: missing; allowed: a time of day from "00:00" to "24:00"'],
    [one('from: 24:00, to: 07:00'), 'sinks[0].quiet[0].from: saw "24:00"'],
    [one('from: 22:00, to: 24:01'), 'sinks[0].quiet[0].to: saw "24:01"'],
    [one('from: 22:60, to: 07:00'), 'sinks[0].quiet[0].from: saw "22:60"'],
    [one('from: 10pm, to: 7am'), 'sinks[0].quiet[0].from: saw "10pm"'],
    [
      one('from: 22:00, to: 07:00, timezone: Europe/Berln'),
      'sinks[0].quiet[0].timezone: saw "Europe/Berln"; allowed: the name of a time zone',
    ],
    [one('from: 22:00, to: 07:00, timezone: +02:00'), 'sinks[0].quiet[0].timezone: saw "+02:00"'],
    [
      one('from: 22:00, to: 07:00, days: [mon-fri]'),
      'sinks[0].quiet[0].days[0]: saw "mon-fri"; allowed: one of mon, tue',
    ],
    [one('from: 22:00, to: 07:00, days: [fry]'), 'did you mean fri?'],
    [
      one('from: 22:00, to: 07:00, days: []'),
      'sinks[0].quiet[0].days: saw a list; allowed: a list of days: mon,',
    ],
    [one('from: 22:00, to: 07:00, days: mon'), 'sinks[0].quiet[0].days: saw text'],
    [one('from: 22:00, to: 07:00, tz: UTC'), 'sinks[0].quiet[0].tz: unknown key'],
    [
      'quiet: { from: 22:00, to: 07:00 }',
      'sinks[0].quiet: saw a map; allowed: a list of maps with from and to',
    ],
    ['quiet: 22:00-07:00', 'sinks[0].quiet: saw text'],
    [
      one('from: 00:00, to: 24:00'),
      'sinks[0].quiet: saw a list; allowed: windows that leave some time of the week',
    ],
    ['quiet: [{ from: 06:00, to: 20:00 }, { from: 19:00, to: 08:00 }]', 'windows that leave some time'],
    [
      `quiet: [${'{ from: 1:00, to: 2:00 }, '.repeat(21)}]`,
      'sinks[0].quiet: saw a list; allowed: at most 20 windows',
    ],
    ['urgent: [findall.keys.*]', 'sinks[0].urgent[0]: saw "findall.keys.*"; did you mean findall.key.*?'],
    ['urgent: findall.key.*', 'sinks[0].urgent: saw text; allowed: a list of event types'],
    ['retry: { alertAfter: 0s }', 'sinks[0].retry.alertAfter: saw "0s"; allowed: a duration from 1s to 7d'],
  ])('%s: %s', (settings, problem) => {
    expect(houseOf('type: log', settings).problems().join('\n')).toContain(problem);
  });
});

it('how long a sink fails before others are told is five minutes unless told', () => {
  expect(sinkOf('type: log')).toMatchObject({ retry: { alertAfterMs: parseDuration('5m') } });
  expect(sinkOf('type: log', 'retry: { alertAfter: 1h }')).toMatchObject({
    retry: { alertAfterMs: 3_600_000 },
  });
});
