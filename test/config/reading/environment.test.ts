import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigHarness, configured, webhookSecret } from '../config-harness.ts';

describe('.env', () => {
  it('lies beneath the environment and is named as the origin', () => {
    const harness = new ConfigHarness({
      '.env': 'PARALLEL_API_KEY=from-dotenv\nFINDALL_WATCH_LINGER="1m"\n',
    });
    const { config, origins } = harness.load({ PARALLEL_API_KEY: 'real' });
    expect([config.api.key, config.poll.lingerMs]).toEqual(['real', 60_000]);
    expect(origins.get('poll.linger')).toBe('.env FINDALL_WATCH_LINGER');
    expect(process.env.FINDALL_WATCH_LINGER).toBeUndefined();
  });

  it('does not fill in for a variable that is set and empty', () => {
    const harness = new ConfigHarness({ '.env': 'PARALLEL_API_KEY=from-dotenv' });
    expect(harness.load({ PARALLEL_API_KEY: '' }).config.api.key).toBeNull();
  });

  it('may be a directory, as Python makes it', () => {
    const harness = new ConfigHarness();
    mkdirSync(join(harness.cwd, '.env'));
    expect(harness.load().config.api.key).toBeNull();
  });
});

describe('a secret in a file', () => {
  it('loses line breaks at its end', () => {
    const harness = new ConfigHarness({ key: 'from-file\n' });
    const { config, origins } = harness.load({ PARALLEL_API_KEY_FILE: 'key' });
    expect(config.api.key).toBe('from-file');
    expect(origins.get('api.key')).toBe('file named by PARALLEL_API_KEY_FILE');
    harness.write('key', 'from-file\r\n\n');
    expect(harness.load({ PARALLEL_API_KEY_FILE: 'key' }).config.api.key).toBe('from-file');
    harness.write('key', 'from\nfile\n');
    expect(harness.problems({ PARALLEL_API_KEY_FILE: 'key' })[0]).toContain('api.key: saw ***');
  });

  it('works for every variable that may be secret, and for any ${VAR}', () => {
    const harness = configured('api: { key: "${MY_KEY}" }');
    const secret = webhookSecret('s');
    const { config } = harness.load({
      MY_KEY_FILE: harness.write('key', 'k'),
      FINDALL_WATCH_STORE_FILE: harness.write('store', '/data/db\n'),
      FINDALL_WATCH_WEBHOOK_URL_FILE: harness.write('url', 'https://x.example\r\n'),
      FINDALL_WATCH_WEBHOOK_SECRET_FILE: harness.write('secret', secret),
    });
    expect(config).toMatchObject({ api: { key: 'k' }, store: { path: '/data/db' } });
    expect(config.sinks[1]).toMatchObject({ url: 'https://x.example', secret: [secret] });
  });

  it('and in the variable is a problem', () => {
    const harness = new ConfigHarness({ key: 'file' });
    expect(harness.problems({ PARALLEL_API_KEY: 'value', PARALLEL_API_KEY_FILE: 'key' })).toEqual([
      'PARALLEL_API_KEY: PARALLEL_API_KEY and PARALLEL_API_KEY_FILE are both set; allowed: one of the two (from env PARALLEL_API_KEY and env PARALLEL_API_KEY_FILE)',
    ]);
  });

  it.each([
    ['absent', 'no such file'],
    ['.', 'it is a directory'],
    ['empty', 'the file is empty'],
  ])('that is %s is a problem', (path, what) => {
    const harness = new ConfigHarness({ empty: '\n' });
    expect(harness.problems({ PARALLEL_API_KEY_FILE: path })[0]).toContain(`PARALLEL_API_KEY_FILE: ${what}`);
  });

  it('is not offered for what is no secret', () => {
    expect(new ConfigHarness().problems({ FINDALL_WATCH_LINGER_FILE: 'x' })[0]).toContain('unknown variable');
  });
});

describe('what is pasted into a variable', () => {
  const secret = webhookSecret('s');
  const pasted = {
    PARALLEL_API_KEY: 'a-key',
    PARALLEL_BASE_URL: 'https://api.example',
    FINDALL_WATCH_STORE: '/data/watch.db',
    FINDALL_WATCH_WEBHOOK_URL: 'https://x.example/hook',
    FINDALL_WATCH_WEBHOOK_SECRET: secret,
    FINDALL_WATCH_HTTP_TOKEN: 'a-token-of-16-characters',
    FINDALL_WATCH_HEARTBEAT_URL: 'https://ping.example/id',
  };
  const each = (change: (value: string) => string) =>
    Object.fromEntries(Object.entries(pasted).map(([name, value]) => [name, change(value)]));

  it.each([
    ['a line break', (value: string) => `${value}\n`],
    ['a line break of Windows', (value: string) => `${value}\r\n`],
    ['spaces', (value: string) => ` ${value}  `],
  ])('loses %s around a key, a token or an address', (_, change) => {
    expect(new ConfigHarness().load(each(change)).config).toEqual(new ConfigHarness().load(pasted).config);
  });

  it('is as good within ${VAR}', () => {
    const harness = configured('api: { key: "${MY_KEY}", baseUrl: "${MY_URL}" }');
    const { api } = harness.load({ MY_KEY: ' a-key\n', MY_URL: 'https://api.example \n' }).config;
    expect([api.key, api.baseUrl]).toEqual(['a-key', 'https://api.example']);
  });

  it('keeps the spaces of a password', () => {
    const harness = configured(
      'sinks: [{ name: m, type: email, host: h, user: u, password: "${PASSWORD}", from: a@b.example, to: a@b.example }]',
    );
    const { sinks } = harness.load({ PASSWORD: ' pass word \n' }).config;
    expect(sinks[0]).toMatchObject({ password: ' pass word ' });
  });

  it.each(['"', "'", '`'])('is refused with %s around it, and the quotes are named', (mark) => {
    const problems = new ConfigHarness().problems(each((value) => `${mark}${value}${mark}`));
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      'api.key',
      'api.baseUrl',
      'sinks[1].url',
      'sinks[1].secret[0]',
      'store.path',
      'http.token',
      'heartbeat.url',
    ]);
    for (const line of problems) expect(line).toContain('with quotes around it; remove the quotes');
    for (const hidden of ['a-key', '/hook', secret, 'a-token-of', '/id'])
      expect(problems.join('\n')).not.toContain(hidden);
  });

  it.each(['"a-key', "a-key'"])('is refused with half a pair of quotes: %s', (PARALLEL_API_KEY) => {
    expect(new ConfigHarness().problems({ PARALLEL_API_KEY })).toEqual([
      'api.key: saw ***; allowed: the key as Parallel gave it, without spaces, line breaks or quotes around it (from env PARALLEL_API_KEY)',
    ]);
  });

  it('does not hide in .env, behind a space, that it sends a password elsewhere', () => {
    const harness = new ConfigHarness({ '.env': 'FINDALL_WATCH_STORE=" postgres://elsewhere.example/db"\n' });
    expect(harness.problems({ PGPASSWORD: 'secret' })[0]).toContain('.env would send the password');
  });
});

describe('systemd’s credentials', () => {
  it('are looked at last', () => {
    const harness = new ConfigHarness();
    const env = { CREDENTIALS_DIRECTORY: join(harness.home) };
    writeFileSync(join(harness.home, 'PARALLEL_API_KEY'), 'credential\n');
    const { config, origins } = harness.load(env);
    expect(config.api.key).toBe('credential');
    expect(origins.get('api.key')).toBe('systemd credential PARALLEL_API_KEY');
    expect(harness.load({ ...env, PARALLEL_API_KEY: 'direct' }).config.api.key).toBe('direct');
  });

  it('hold any secret: of a variable of ours, and of one that the file refers to', () => {
    const sinks = [
      '{ name: team, type: slack, url: "${SLACK_URL}" }',
      '{ name: mail, type: email, host: h.example, user: u, password: "${SMTP_PASSWORD}", from: a@h.example, to: b@h.example }',
    ];
    const harness = configured(`sinks: [${sinks.join(', ')}]`);
    const secrets = {
      ...{ FINDALL_WATCH_HTTP_TOKEN: 'a-token-of-this-test', SMTP_PASSWORD: 'pass word' },
      ...{ SLACK_URL: 'https://slack.example/x', FINDALL_WATCH_WEBHOOK_URL: 'https://crm.example/x' },
      FINDALL_WATCH_WEBHOOK_SECRET: webhookSecret('c'),
    };
    for (const [name, value] of Object.entries(secrets))
      writeFileSync(join(harness.home, name), `${value}\n`);
    const { config } = harness.load({ CREDENTIALS_DIRECTORY: harness.home });
    expect(config.http?.token).toBe(secrets.FINDALL_WATCH_HTTP_TOKEN);
    const [team, mail, webhook] = config.sinks;
    expect(team).toMatchObject({ url: secrets.SLACK_URL });
    expect(mail).toMatchObject({ password: secrets.SMTP_PASSWORD });
    expect(webhook).toMatchObject({
      url: secrets.FINDALL_WATCH_WEBHOOK_URL,
      secret: [secrets.FINDALL_WATCH_WEBHOOK_SECRET],
    });
  });
});

describe('a variable of our prefix', () => {
  it('that is unknown is a problem with a suggestion', () => {
    expect(new ConfigHarness().problems({ FINDALL_WATCH_RUN: 'findall_a' })[0]).toMatch(
      /^FINDALL_WATCH_RUN: unknown variable; did you mean FINDALL_WATCH_RUNS\?; allowed: .* \(from env FINDALL_WATCH_RUN\)$/,
    );
  });

  it('may be unknown when it is empty, when the file refers to it, or when Kubernetes made it', () => {
    const harness = configured('log: { level: "${FINDALL_WATCH_MINE}" }');
    const env = {
      FINDALL_WATCH_MINE: 'warn',
      FINDALL_WATCH_EMPTY: '',
      FINDALL_WATCH_SERVICE_HOST: '10.0.0.1',
      FINDALL_WATCH_SERVICE_PORT_HTTP: '80',
      FINDALL_WATCH_PORT: 'tcp://10.0.0.1:80',
      FINDALL_WATCH_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(harness.load(env).config.log.level).toBe('warn');
  });
});
