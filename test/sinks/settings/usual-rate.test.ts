// cspell:ignore seof
import { assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { formatRate, parseRate } from '../../../src/config/forms/rate.ts';
import { loadedSink, PROGRAM_SECTIONS, SECTIONS, withSink } from '../sections.ts';

describe('rates', () => {
  it.each([
    ['1/s', 1, 1000],
    ['5/2s', 5, 2000],
    ['20/m', 20, 60_000],
    ['100/1h', 100, 3_600_000],
    ['1000/d', 1000, 86_400_000],
    ['3/100ms', 3, 100],
  ])('%s is %i in %i ms', (written, count, windowMs) => {
    expect(loadedSink('type: log', `rate: ${written}`)).toMatchObject({ rate: { count, windowMs } });
  });

  it('none is no limit, for a service that has one too', () => {
    expect(loadedSink('type: slack, url: "https://hooks.slack.com/x"', 'rate: none')).toMatchObject({
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
    expect(withSink('type: log', `rate: ${written}`).problems()).toEqual([
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
  const telegram = (chat: string) =>
    `type: telegram, token: "1:AAHdqTcvCH1vGWJxfSeofSAs0K5P", chat: "${chat}"`;
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
    [SECTIONS.email, 'none'],
    ...[...PROGRAM_SECTIONS, SECTIONS.command].map((program) => [program, 'none'] satisfies [string, string]),
  ])('of a sink of %s are %s unless configured', (settings, written) => {
    const loaded = withSink(settings).load();
    expect(loaded.config.sinks).toMatchObject([{ rate: parseRate(written) }]);
    expect(explainConfig(loaded)).toContain(`    rate: ${written}  # default\n`);
  });
});
