import { describe, expect, it } from 'vitest';
import { explainConfig, explainConfigAsJson } from '../../src/config/explain-config.ts';
import { houseWith } from './config-harness.ts';

const CANARY = 'c4narySONG';
const SINKS = {
  webhook: 'type: webhook, url: "https://crm.example"',
  slack: 'type: slack, url: "https://chat.example/x"',
  discord: 'type: discord, url: "https://chat.example/x"',
  teams: 'type: teams, url: "https://chat.example/x"',
  ntfy: 'type: ntfy, url: "https://ntfy.example/topic"',
  telegram: 'type: telegram, token: "1:AAHdqTcvCH1vGWJxfSeofSAs0K5P", chat: "1"',
  email: 'type: email, host: mail.example, from: w@example.com, to: ana@example.org',
};

function houseOf(sink: string, proxy?: string) {
  return houseWith(`sinks: [{ name: a, ${sink}${proxy === undefined ? '' : `, proxy: ${proxy}`} }]`);
}

describe.each(Object.entries(SINKS))('the proxy of a %s sink', (_, sink) => {
  it('is none unless told', () => {
    const loaded = houseOf(sink).load();
    expect(loaded.config.sinks).toMatchObject([{ proxy: null }]);
    expect(explainConfig(loaded)).not.toContain('proxy');
  });

  it('is shown without its credentials', () => {
    const url = `https://${CANARY}:${CANARY}@proxy.example:3128`;
    const loaded = houseOf(sink, '"${P}"').load({ P: url });
    expect(loaded.config.sinks).toMatchObject([{ proxy: url }]);
    const told = explainConfig(loaded) + JSON.stringify([explainConfigAsJson(loaded), [...loaded.origins]]);
    expect(told).not.toContain(CANARY);
    expect(told).toContain('proxy: https://proxy.example:3128');
  });
});

describe('a proxy', () => {
  it.each([
    'http://proxy.example',
    'https://proxy.example:8443/',
    'https://u:p@proxy.example',
    'http://u@[::1]:3128',
  ])('may be %s', (url) => {
    expect(houseOf(SINKS.webhook, `"${url}"`).load().config.sinks).toMatchObject([{ proxy: url }]);
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
    const problems = houseOf(SINKS.webhook, `"${url}"`).problems();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^sinks\[0\]\.proxy: saw .*the http or https URL of an HTTP proxy/);
    expect(problems[0]).toContain('SOCKS is not supported');
    expect(problems[0]).not.toContain(CANARY);
  });

  it.each([`[${CANARY}]`, `{ u: ${CANARY} }`, '5', 'null'])('may not be %s', (value) => {
    const problems = houseOf(SINKS.webhook, value).problems();
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).not.toContain(CANARY);
  });

  it('is masked where it slipped into another setting', () => {
    const url = `http://u:${CANARY}@proxy.example:3128`;
    const yaml = `sinks: [{ name: a, ${SINKS.webhook}, proxy: "${url}" }]\nlog: { level: "${url}" }`;
    expect(houseWith(yaml).problems().join('\n')).not.toContain(CANARY);
  });

  it.each(['type: log', 'type: file, path: x', 'type: command, command: [x]'])(
    'is no setting of a sink that talks to nobody: %s',
    (sink) => {
      const problems = houseOf(sink, `"http://u:${CANARY}@proxy.example"`).problems();
      expect(problems).toEqual([expect.stringContaining('sinks[0].proxy: unknown key')]);
      expect(problems.join()).not.toContain(CANARY);
    },
  );
});
