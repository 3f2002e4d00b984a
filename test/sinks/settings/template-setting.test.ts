// cspell:ignore frob
import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { readFileSync } from 'node:fs';
import { configured } from '../../config/config-harness.ts';
import { loadedSink, SECTIONS } from '../sections.ts';

const SLACK = SECTIONS.slack;

describe('the template of a sink', () => {
  it('is none unless configured', () => {
    expect(loadedSink(SLACK)?.template).toBeNull();
    expect(loadedSink(`${SLACK}, template: {}`)?.template).toBeNull();
  });

  it('is one text for all types, or one a type or family', () => {
    expect(loadedSink(`${SLACK}, template: "{{ event.type }}"`)?.template).toEqual({
      'findall.*': '{{ event.type }}',
    });
    const map = '{ findall.candidate.matched: "a", "findall.run.*": "" }';
    expect(loadedSink(`${SLACK}, template: ${map}`)?.template).toEqual({
      'findall.candidate.matched': 'a',
      'findall.run.*': '',
    });
  });

  it.each(Object.values(SECTIONS))('may be set for %s', (type) => {
    expect(loadedSink(`${type}, template: "{{ event.id }}"`)?.template).not.toBeNull();
  });

  it('is shown by check', () => {
    const loaded = configured(
      `sinks: [{ name: team, ${SLACK}, template: "{{ event.type }}\\n!" }, { name: b, type: log, template: { findall.run.*: "x" } }]`,
    ).load();
    expect(explainConfig(loaded)).toContain('template: "{{ event.type }}\\n!"');
    expect(explainConfig(loaded)).toContain('template: ["findall.run.*: x"]');
  });

  it('that is broken is shown with every other problem, with its line', () => {
    const yaml = [
      'sinks:',
      `  - { name: team, ${SLACK}, template: "a\\n{{ event.data.name" }`,
      '  - { name: b, type: log, template: { findall.run.*: "{{ x | frob }}", findall.candidate.match: "x" } }',
      '  - { name: c, type: log, template: { findall.run.*: 5 } }',
      '  - { name: d, type: log, template: ["x"] }',
      '  - { name: e, type: log, template: "{% include x %}", nonsense: 1 }',
    ].join('\n');
    const problems = configured(yaml).problems().join('\n');
    for (const problem of [
      /sinks\[0\]\.template: .*output … not closed, line 2, col 1/,
      /sinks\[1\]\.template\.findall\.run\.\*: .*undefined filter: frob, line 1/,
      /sinks\[1\]\.template\.findall\.candidate\.match: unknown key; did you mean findall\.candidate\.matched\?/,
      /sinks\[2\]\.template\.findall\.run\.\*: saw 5/,
      /sinks\[3\]\.template: saw a list; allowed: a Liquid template, or a map/,
      /sinks\[4\]\.template: .*tag "include" not found/,
      /sinks\[4\]\.nonsense: unknown key/,
    ]) {
      expect(problems).toMatch(problem);
    }
  });

  it('may be what the documentation shows', () => {
    const page = readFileSync(new URL('../../../config/sinks.md', import.meta.url), 'utf8');
    const yaml = [...page.matchAll(/```yaml\n(.*?)```/gs)].find(([block]) =>
      block.includes('template:'),
    )?.[1];
    const env = { SLACK_WEBHOOK_URL: 'https://x.example', MATTERMOST_WEBHOOK_URL: 'https://y.example' };
    const { sinks } = configured(yaml ?? '').load(env).config;
    expect(sinks.map(({ template }) => Object.keys(template ?? {}))).toEqual([
      ['findall.candidate.matched', 'findall.run.*', 'findall.candidate.*'],
      ['findall.*'],
    ]);
  });

  it('is not for the body of a CloudEvent', () => {
    const yaml =
      'sinks: [{ name: a, type: webhook, url: "https://x.example", format: cloudevents, template: "{}" }]';
    expect(configured(yaml).problems()).toEqual([
      expect.stringMatching(/^sinks\[0\]\.template: .*allowed: format: json where there is a template/),
    ]);
  });
});
