// cspell:ignore hihg onfidence
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { parseDuration } from '../../../src/config/forms/duration.ts';
import { loadedSink, withSink } from '../sections.ts';

describe('filters', () => {
  it('let everything pass unless configured otherwise, and are not shown then', () => {
    const loaded = withSink('type: log').load();
    expect(loaded.config.sinks).toMatchObject([
      { runs: null, minConfidence: null, unknownConfidence: 'pass' },
    ]);
    expect(explainConfig(loaded)).not.toContain('onfidence');
  });

  it('are the same for every sink', () => {
    const types = [
      'type: log',
      'type: webhook, url: "https://x.example"',
      'type: command, command: [x]',
      'type: file, path: x',
    ];
    for (const type of types) {
      const filters = 'runs: [findall_a, "a/*", "a/*"], minConfidence: high, unknownConfidence: low';
      const loaded = withSink(`${type}, ${filters}`).load();
      expect(loaded.config.sinks).toMatchObject([
        { runs: ['findall_a', 'a/*'], minConfidence: 'high', unknownConfidence: 'low' },
      ]);
      const shown = explainConfig(loaded);
      expect(shown).toContain('runs: [findall_a, a/*]');
      expect(shown).toContain('minConfidence: high');
      expect(shown).toContain('unknownConfidence: low');
    }
  });

  it.each([
    ['type: log, runs: []', 'at least one findall id or label pattern'],
    ['type: log, runs: findall_a', 'sinks[0].runs: saw text'],
    ['type: log, runs: [" "]', 'sinks[0].runs[0]: saw " "'],
    ['type: log, minConfidence: hihg', 'did you mean high?'],
    ['type: log, minConfidence: 0.5', 'allowed: one of low, medium, high'],
    ['type: log, unknownConfidence: high', 'allowed: one of pass, low'],
  ])('%s: %s', (settings, problem) => {
    expect(withSink(settings).problems().join('\n')).toContain(problem);
  });
});

it('how long a sink fails before others are notified is five minutes unless configured', () => {
  expect(loadedSink('type: log')).toMatchObject({ retry: { alertAfterMs: parseDuration('5m') } });
  expect(loadedSink('type: log', 'retry: { alertAfter: 1h }')).toMatchObject({
    retry: { alertAfterMs: 3_600_000 },
  });
});
