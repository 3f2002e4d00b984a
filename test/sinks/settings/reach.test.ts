import { describe, expect, it } from 'vitest';
import { explainConfig, explainConfigAsJson } from '../../../src/config/explain-config.ts';
import { configured } from '../../config/config-harness.ts';
import { SECTIONS, withSink } from '../sections.ts';

const CANARY = 'c4narySONG';
const { log, file, command, ...SINKS } = SECTIONS;

function withProxy(sink: string, proxy?: string) {
  return withSink(...(proxy === undefined ? [sink] : [sink, `proxy: ${proxy}`]));
}

describe.each(Object.entries(SINKS))('the proxy of a %s sink', (_, sink) => {
  it('is none unless configured', () => {
    const loaded = withProxy(sink).load();
    expect(loaded.config.sinks).toMatchObject([{ proxy: null }]);
    expect(explainConfig(loaded)).not.toContain('proxy');
  });

  it('is shown without its credentials', () => {
    const url = `https://${CANARY}:${CANARY}@proxy.example:3128`;
    const loaded = withProxy(sink, '"${P}"').load({ P: url });
    expect(loaded.config.sinks).toMatchObject([{ proxy: url }]);
    const shown = explainConfig(loaded) + JSON.stringify([explainConfigAsJson(loaded), [...loaded.origins]]);
    expect(shown).not.toContain(CANARY);
    expect(shown).toContain('proxy: https://proxy.example:3128');
  });
});

describe('a proxy', () => {
  it.each([
    'http://proxy.example',
    'https://proxy.example:8443/',
    'https://u:p@proxy.example',
    'http://u@[::1]:3128',
  ])('may be %s', (url) => {
    expect(withProxy(SINKS.webhook, `"${url}"`).load().config.sinks).toMatchObject([{ proxy: url }]);
  });

  it.each([
    `socks5://u:${CANARY}@proxy.example:1080`,
    `u:${CANARY}@proxy.example:3128`,
    `proxy.example:3128`,
    `http://u:${CANARY}@proxy.example:port`,
    `http://u:${CANARY}@proxy.example/${CANARY}`,
    `http://u:${CANARY}@proxy.example?${CANARY}`,
    `http://u:${CANARY}@proxy.example/#${CANARY}`,
    CANARY,
  ])('may not be %s, and that is said without its secrets', (url) => {
    const problems = withProxy(SINKS.webhook, `"${url}"`).problems();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^sinks\[0\]\.proxy: saw .*the http or https URL of an HTTP proxy/);
    expect(problems[0]).toContain('SOCKS is not supported');
    expect(problems[0]).not.toContain(CANARY);
  });

  it.each([`[${CANARY}]`, `{ u: ${CANARY} }`, '5', 'null'])('may not be %s', (value) => {
    const problems = withProxy(SINKS.webhook, value).problems();
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).not.toContain(CANARY);
  });

  it('is masked where it slipped into another setting', () => {
    const url = `http://u:${CANARY}@proxy.example:3128`;
    const yaml = `sinks: [{ name: a, ${SINKS.webhook}, proxy: "${url}" }]\nlog: { level: "${url}" }`;
    expect(configured(yaml).problems().join('\n')).not.toContain(CANARY);
  });

  it.each([log, file, command])('is no setting of a sink that talks to nobody: %s', (sink) => {
    const problems = withProxy(sink, `"http://u:${CANARY}@proxy.example"`).problems();
    expect(problems).toEqual([expect.stringContaining('sinks[0].proxy: unknown key')]);
    expect(problems.join()).not.toContain(CANARY);
  });
});
