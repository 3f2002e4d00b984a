// cspell:ignore berln
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { configured } from '../../config/config-harness.ts';
import { loadedSink, withSink } from '../sections.ts';

describe('quiet hours', () => {
  it('are none unless configured', () => {
    const loaded = withSink('type: log').load();
    expect(loaded.config.sinks).toMatchObject([{ quiet: [], urgent: [] }]);
    expect(explainConfig(loaded)).not.toMatch(/quiet|urgent/);
  });

  it('are of all days and UTC unless configured', () => {
    const all = { days: [1, 2, 3, 4, 5, 6, 7], timezone: 'UTC' };
    expect(
      loadedSink('type: log', 'quiet: [{ from: 22:00, to: 7:05 }, { from: "12:00", to: "24:00" }]'),
    ).toMatchObject({
      quiet: [
        { ...all, fromMinute: 1320, toMinute: 425 },
        { ...all, fromMinute: 720, toMinute: 1440 },
      ],
    });
  });

  it('are of the days given, in the order of the week, each once', () => {
    expect(
      loadedSink('type: log', 'quiet: [{ days: [sun, mon, sun], from: 18:00, to: 00:00 }]'),
    ).toMatchObject({
      quiet: [{ days: [1, 7], fromMinute: 1080, toMinute: 1440 }],
    });
  });

  it('are shown as a file that says the same', () => {
    const harness = withSink(
      'type: ntfy, url: "https://x.example/t"',
      'quiet: [{ days: [sat, sun, mon], from: 9:00, to: 00:00, timezone: Europe/Berlin }, { from: 22:00, to: 07:00 }]',
      'urgent: [findall.key.*, findall.key.*, findall.run.failed]',
    );
    const shown = explainConfig(harness.load());
    expect(shown).toContain('        from: 09:00');
    expect(shown).toContain('        to: 24:00');
    const again = shown
      .replaceAll(/url: .*/g, 'url: https://x.example/t')
      .replaceAll(/^ *(?:key|token): null.*\n/gm, '');
    expect(configured(again).load().config.sinks).toEqual(harness.load().config.sinks);
    expect(harness.load().config.sinks).toMatchObject([{ urgent: ['findall.key.*', 'findall.run.failed'] }]);
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
    expect(withSink('type: log', settings).problems().join('\n')).toContain(problem);
  });
});
