// cspell:ignore htps
import { describe, expect, it } from 'vitest';
import { explainConfig, explainConfigAsJson } from '../../src/config/explain-config.ts';
import { maskUrl } from '../../src/config/forms/mask-url.ts';
import { ConfigHarness, configured, webhookSecret } from './config-harness.ts';

const CANARY = 'c4narySONG';

describe('no secret appears', () => {
  it('in what check prints', () => {
    const harness = configured(
      'sinks: [{ name: a, type: webhook, url: "https://x.example/p", secret: "${S}" }]',
    );
    const secret = webhookSecret(CANARY);
    const env = {
      PARALLEL_API_KEY_FILE: harness.write('key', CANARY),
      S: secret,
      FINDALL_WATCH_WEBHOOK_URL: `https://${CANARY}:${CANARY}@x.example/hook?token=${CANARY}#${CANARY}`,
      FINDALL_WATCH_WEBHOOK_SECRET: `${secret},${secret}`,
    };
    const loaded = harness.load(env);
    const shown = explainConfig(loaded) + JSON.stringify([explainConfigAsJson(loaded), [...loaded.origins]]);
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain(secret.slice(6));
    expect(shown).toContain('https://x.example/***');
  });

  it.each([
    [`api: { key: "${CANARY} x" }`],
    [`api: ${CANARY}`],
    [`api: [${CANARY}]`],
    [`sinks: ${CANARY}`],
    [`sinks: [${CANARY}]`],
    [`api: { apiKey: ${CANARY} }`],
    [`key: ${CANARY}`],
    [`log: { level: whsec_${CANARY} }`],
    [`log: { level: "https://u:${CANARY}@x.example" }`],
    [`log: { level: "\${X}" }`],
    [`api: { key: ${CANARY} }\nlog: { level: ${CANARY} }`],
    [`api: { baseUrl: "https://u:${CANARY}@x.example" }`],
    [`api: { baseUrl: "u:${CANARY}@x.example" }`],
    [`api: { baseUrl: "https://x.example/?k=${CANARY}" }`],
    [`store: postgres://u:${CANARY}@db.example/x\nlog: { level: ${CANARY} }`],
    [`store: mysql://u:${CANARY}@db.example/x`],
    [`sinks: [{ name: a, type: webhook, url: "htps://u:${CANARY}@x.example" }]`],
    [`sinks: [{ name: a, type: webhook, url: "https://u:${CANARY}@x.example:port" }]`],
    [`sinks: [{ name: a, type: webhook, url: "https://x.example", secret: ${CANARY} }]`],
    [`sinks: [{ name: a, type: webhook, url: "https://x.example", secret: [${CANARY}] }]`],
    [`sinks: [{ name: a, type: webhook, url: "https://x.example", secret: { v: ${CANARY} } }]`],
    [`sinks: [{ name: a, type: webhook, url: "https://x.example", secret: "${webhookSecret(CANARY)}=" }]`],
    [`sinks: [{ name: a, type: log, secret: ${CANARY} }]`],
    [`a: "\\q${CANARY}"`],
    [`a: *${CANARY}`],
    [`a: !${CANARY} x`],
    [`a: {${CANARY}`],
    [`- a\n${CANARY}: x`],
    [`a: 'x' ${CANARY}`],
  ])('in the problems of %s', (yaml) => {
    const shown = configured(yaml).problems({ X: CANARY }).join('\n');
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain(webhookSecret(CANARY).slice(6, 30));
  });

  it.each([
    { PARALLEL_API_KEY: CANARY, PARALLEL_API_KEY_FILE: 'x' },
    { PARALLEL_API_KEY: `${CANARY}\n${CANARY}` },
    { PARALLEL_API_KEY: `"${CANARY}"` },
    { PARALLEL_API_KEY: `'${CANARY}'`, FINDALL_WATCH_LOG_LEVEL: CANARY },
    { FINDALL_WATCH_HEARTBEAT_URL: `'https://ping.example/${CANARY}'` },
    { FINDALL_WATCH_STORE: `'postgres://u:${CANARY}@x/db'` },
    { PARALLEL_API_KEY_FILE: CANARY },
    { FINDALL_WATCH_WEBHOOK_URL: CANARY },
    { FINDALL_WATCH_WEBHOOK_URL: 'https://x.example', FINDALL_WATCH_WEBHOOK_SECRET: CANARY },
    { FINDALL_WATCH_WEBHOOK_URL: 'https://x.example', FINDALL_WATCH_WEBHOOK_SECRET: `${CANARY},b,c` },
    { FINDALL_WATCH_STORE: `mysql://u:${CANARY}@x` },
    { FINDALL_WATCH_STORE: `postgres://u:${CANARY}@x`, FINDALL_WATCH_LOG_LEVEL: CANARY },
    { FINDALL_WATCH_KEY: CANARY },
    { PARALLEL_API_KEY: CANARY, FINDALL_WATCH_RUNS: CANARY },
  ])('in the problems of %o', (env) => {
    expect(new ConfigHarness().problems(env).join('\n')).not.toContain(CANARY);
  });
});

describe('a masked URL', () => {
  it.each([
    ['https://x.example/a/b', 'https://x.example/a/b'],
    ['https://x.example', 'https://x.example'],
    ['http://u@x.example:81/', 'http://***@x.example:81'],
    ['https://u:p@x.example/a?b=c#d', 'https://***@x.example/a?***#***'],
    ['postgres://u:p@x.example/a', 'postgres://***'],
    ['u:p@x.example', '***'],
    ['no url', '***'],
  ])('%s is %s', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
  });
});

describe('a webhook secret', () => {
  it.each([24, 32, 64])('may hold %d bytes', (bytes) => {
    const env = {
      FINDALL_WATCH_WEBHOOK_URL: 'https://x.example',
      FINDALL_WATCH_WEBHOOK_SECRET: ofLength(bytes),
    };
    expect(new ConfigHarness().load(env).config.sinks).toHaveLength(2);
  });

  it.each([
    ofLength(23),
    ofLength(65),
    ofLength(32).slice('whsec_'.length),
    ofLength(32).replace('=', ''),
    `${ofLength(32)}=`,
    ofLength(33).replace('Bw', 'B_'),
    [ofLength(32), ofLength(32), ofLength(32)].join(','),
  ])('may not be %s', (secret) => {
    expect(problemsOf(secret)).toHaveLength(1);
  });
});

function problemsOf(secret: string): string[] {
  const url = 'https://x.example';
  return new ConfigHarness().problems({
    FINDALL_WATCH_WEBHOOK_URL: url,
    FINDALL_WATCH_WEBHOOK_SECRET: secret,
  });
}

function ofLength(bytes: number): string {
  return `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
}

it.each(['host=db password=canary-pass dbname=x', 'dbname=x  password = canary-pass'])(
  'a connection string of libpq is no file, and is not shown: %s',
  (dsn) => {
    const [problem] = new ConfigHarness().problems({ FINDALL_WATCH_STORE: dsn });
    expect(problem).toContain('allowed: a file path, or postgres://');
    expect(problem).not.toContain('canary');
  },
);
