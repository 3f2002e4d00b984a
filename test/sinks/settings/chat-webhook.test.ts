import { describe, expect, it } from 'vitest';
import { explainConfig, explainConfigAsJson } from '../../../src/config/explain-config.ts';
import { maskPath } from '../../../src/config/forms/mask-url.ts';
import { configured } from '../../config/config-harness.ts';

const CANARY = 'c4narySONG';
const TYPES = ['slack', 'discord', 'teams'] as const;

describe.each(TYPES)('a %s sink', (type) => {
  it('is configured by its URL alone', () => {
    const harness = configured(`sinks: [{ name: team, type: ${type}, url: "\${HOOK}" }]`);
    const { config } = harness.load({ HOOK: `https://chat.example/services/${CANARY}?sig=${CANARY}` });
    expect(config.sinks).toMatchObject([
      { name: 'team', type, url: `https://chat.example/services/${CANARY}?sig=${CANARY}`, timeoutMs: 15_000 },
    ]);
  });

  it('shows of its URL only where it leads', () => {
    const loaded = configured(
      `sinks: [{ name: team, type: ${type}, url: "https://u:${CANARY}@chat.example/${CANARY}?x=${CANARY}#${CANARY}" }]`,
    ).load();
    const shown = explainConfig(loaded) + JSON.stringify([explainConfigAsJson(loaded), [...loaded.origins]]);
    expect(shown).not.toContain(CANARY);
    expect(shown).toContain('https://chat.example/***');
  });

  it.each([
    `http://chat.example/services/${CANARY}`,
    `hooks.chat.example/services/${CANARY}`,
    `ftp://chat.example/${CANARY}`,
    `ftp:${CANARY}`,
    `https://chat.example:port/${CANARY}`,
    `HTTPS//${CANARY}`,
    CANARY,
  ])('refuses %s without showing what is secret', (url) => {
    const problems = configured(`sinks: [{ name: team, type: ${type}, url: "${url}" }]`).problems();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('an https URL as the service gave it');
    expect(problems[0]).not.toContain(CANARY);
  });

  it.each([`[https://x.example/${CANARY}]`, `{ u: ${CANARY} }`, '5', 'null'])(
    'refuses a url that is %s',
    (url) => {
      const problems = configured(`sinks: [{ name: team, type: ${type}, url: ${url} }]`).problems();
      expect(problems.join('\n')).not.toContain(CANARY);
      expect(problems.length).toBeGreaterThan(0);
    },
  );

  it.each(['http://localhost:8080/x', 'http://127.0.0.1/x'])('may be rehearsed at %s', (url) => {
    const { config } = configured(`sinks: [{ name: team, type: ${type}, url: "${url}" }]`).load();
    expect(config.sinks).toMatchObject([{ url }]);
  });

  it('refuses a setting of another type', () => {
    const yaml = `sinks: [{ name: team, type: ${type}, url: "https://x.example", secret: ${CANARY} }]`;
    expect(configured(yaml).problems().join('\n')).toMatch(/sinks\[0\]\.secret: unknown key/);
  });
});

describe('a URL that is a secret', () => {
  it.each([
    ['https://hooks.slack.com/services/T/B/x', 'https://hooks.slack.com/***'],
    ['https://a.example:8443/x?y#z', 'https://a.example:8443/***'],
    ['https://u:p@a.example', 'https://a.example/***'],
    ['ftp://a.example/x', 'ftp://***'],
    ['nothing of the kind', '***'],
  ])('%s is shown as %s', (url, shown) => {
    expect(maskPath(url)).toBe(shown);
  });
});
