import { describe, expect, it } from 'vitest';
import { explainConfig } from '../../../src/config/explain-config.ts';
import { ConfigHarness, configured } from '../config-harness.ts';

const TOKEN = 'c4narySONG-of-http';

describe('http', () => {
  it('is off unless something asks for it', () => {
    const { config } = new ConfigHarness().load();
    expect(config.http).toBeNull();
    expect(explainConfig(new ConfigHarness().load())).not.toContain('http:\n');
  });

  it.each([
    [{ FINDALL_WATCH_HTTP_HOST: '0.0.0.0' }, { host: '0.0.0.0', port: 9464, hosts: [], token: null }],
    [{ FINDALL_WATCH_HTTP_PORT: '0' }, { host: '127.0.0.1', port: 0, hosts: [], token: null }],
    [{ FINDALL_WATCH_HTTP_TOKEN: TOKEN }, { host: '127.0.0.1', port: 9464, hosts: [], token: TOKEN }],
    [
      { FINDALL_WATCH_HTTP_HOSTS: 'a.example, b' },
      { host: '127.0.0.1', port: 9464, hosts: ['a.example', 'b'], token: null },
    ],
  ])('is turned on by %j', (env, http) => {
    expect(new ConfigHarness().load(env).config.http).toEqual(http);
  });

  it('takes its token from a file, and what the file leaves out from the environment', () => {
    const harness = configured('http: { host: "::1" }');
    const env = {
      FINDALL_WATCH_HTTP_PORT: '1',
      FINDALL_WATCH_HTTP_TOKEN_FILE: harness.write('token', `${TOKEN}\n`),
    };
    expect(harness.load(env).config.http).toEqual({ host: '::1', port: 1, hosts: [], token: TOKEN });
    expect(configured('http: {}').load().config.http).toEqual({
      host: '127.0.0.1',
      port: 9464,
      hosts: [],
      token: null,
    });
  });

  it.each([
    ['http: { host: "a b" }', 'http.host: saw "a b"; allowed: a host name or IP address'],
    ['http: { port: 65536 }', 'http.port: saw 65536; allowed: a whole number from 0 to 65535'],
    ['http: { hosts: ["a b"] }', 'http.hosts[0]: saw "a b"; allowed: a host name or IP address'],
    ['http: { token: short-canary }', 'http.token: saw ***; allowed: at least 16 visible ASCII characters'],
    [`http: { token: "${TOKEN} x" }`, 'http.token: saw ***; allowed: at least 16 visible ASCII characters'],
    ['http: { tokens: x }', 'http.tokens: unknown key; did you mean token?'],
    ['http: true', 'http: saw a boolean; allowed: a map with the keys host, port, hosts, token'],
  ])('refuses %s', (yaml, problem) => {
    expect(configured(yaml).problems()[0]).toContain(problem);
  });

  it('never shows its token, not even where it slipped into another setting', () => {
    const shown = explainConfig(new ConfigHarness().load({ FINDALL_WATCH_HTTP_TOKEN: TOKEN }));
    expect(shown).toContain('  token: ***  # env FINDALL_WATCH_HTTP_TOKEN');
    expect(shown).not.toContain(TOKEN);
    const problems = configured(`http: { token: ${TOKEN} }\nlog: { level: ${TOKEN} }`).problems();
    expect(problems.join('')).not.toContain(TOKEN);
  });
});
