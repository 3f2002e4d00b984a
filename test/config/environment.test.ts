import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { House, houseWith, webhookSecret } from './house.ts';

describe('.env', () => {
  it('lies beneath the environment and is named as the origin', () => {
    const house = new House({ '.env': 'PARALLEL_API_KEY=from-dotenv\nFINDALL_WATCH_LINGER="1m"\n' });
    const { config, origins } = house.load({ PARALLEL_API_KEY: 'real' });
    expect([config.api.key, config.poll.lingerMs]).toEqual(['real', 60_000]);
    expect(origins.get('poll.linger')).toBe('.env FINDALL_WATCH_LINGER');
    expect(process.env.FINDALL_WATCH_LINGER).toBeUndefined();
  });

  it('does not fill in for a variable that is set and empty', () => {
    const house = new House({ '.env': 'PARALLEL_API_KEY=from-dotenv' });
    expect(house.load({ PARALLEL_API_KEY: '' }).config.api.key).toBeNull();
  });

  it('may be a directory, as Python makes it', () => {
    const house = new House();
    mkdirSync(join(house.cwd, '.env'));
    expect(house.load().config.api.key).toBeNull();
  });
});

describe('a secret in a file', () => {
  it('loses one line break at its end and nothing else', () => {
    const house = new House({ key: 'from-file\n' });
    const { config, origins } = house.load({ PARALLEL_API_KEY_FILE: 'key' });
    expect(config.api.key).toBe('from-file');
    expect(origins.get('api.key')).toBe('file named by PARALLEL_API_KEY_FILE');
    house.write('key', 'from-file\n\n');
    expect(house.problems({ PARALLEL_API_KEY_FILE: 'key' })[0]).toContain('api.key: saw ***');
  });

  it('works for every variable that may be secret, and for any ${VAR}', () => {
    const house = houseWith('api: { key: "${MY_KEY}" }');
    const secret = webhookSecret('s');
    const { config } = house.load({
      MY_KEY_FILE: house.write('key', 'k'),
      FINDALL_WATCH_STORE_FILE: house.write('store', '/data/db\n'),
      FINDALL_WATCH_WEBHOOK_URL_FILE: house.write('url', 'https://x.example\r\n'),
      FINDALL_WATCH_WEBHOOK_SECRET_FILE: house.write('secret', secret),
    });
    expect(config).toMatchObject({ api: { key: 'k' }, store: { path: '/data/db' } });
    expect(config.sinks[1]).toMatchObject({ url: 'https://x.example', secrets: [secret] });
  });

  it('and in the variable is a problem', () => {
    const house = new House({ key: 'file' });
    expect(house.problems({ PARALLEL_API_KEY: 'value', PARALLEL_API_KEY_FILE: 'key' })).toEqual([
      'PARALLEL_API_KEY: PARALLEL_API_KEY and PARALLEL_API_KEY_FILE are both set; allowed: one of the two (from env PARALLEL_API_KEY and env PARALLEL_API_KEY_FILE)',
    ]);
  });

  it.each([
    ['absent', 'no such file'],
    ['.', 'it is a directory'],
    ['empty', 'the file is empty'],
  ])('that is %s is a problem', (path, what) => {
    const house = new House({ empty: '\n' });
    expect(house.problems({ PARALLEL_API_KEY_FILE: path })[0]).toContain(`PARALLEL_API_KEY_FILE: ${what}`);
  });

  it('is not offered for what is no secret', () => {
    expect(new House().problems({ FINDALL_WATCH_LINGER_FILE: 'x' })[0]).toContain('unknown variable');
  });
});

describe('systemd’s credentials', () => {
  it('are looked at last', () => {
    const house = new House();
    const env = { CREDENTIALS_DIRECTORY: join(house.home) };
    writeFileSync(join(house.home, 'PARALLEL_API_KEY'), 'credential\n');
    const { config, origins } = house.load(env);
    expect(config.api.key).toBe('credential');
    expect(origins.get('api.key')).toBe('systemd credential PARALLEL_API_KEY');
    expect(house.load({ ...env, PARALLEL_API_KEY: 'direct' }).config.api.key).toBe('direct');
  });

  it('hold any secret: of a variable of ours, and of one that the file refers to', () => {
    const sinks = [
      '{ name: team, type: slack, url: "${SLACK_URL}" }',
      '{ name: mail, type: email, host: h.example, user: u, password: "${SMTP_PASSWORD}", from: a@h.example, to: b@h.example }',
    ];
    const house = houseWith(`sinks: [${sinks.join(', ')}]`);
    const secrets = {
      ...{ FINDALL_WATCH_HTTP_TOKEN: 'a-token-of-this-test', SMTP_PASSWORD: 'pass word' },
      ...{ SLACK_URL: 'https://slack.example/x', FINDALL_WATCH_WEBHOOK_URL: 'https://crm.example/x' },
      FINDALL_WATCH_WEBHOOK_SECRET: webhookSecret('c'),
    };
    for (const [name, value] of Object.entries(secrets)) writeFileSync(join(house.home, name), `${value}\n`);
    const { config } = house.load({ CREDENTIALS_DIRECTORY: house.home });
    expect(config.http?.token).toBe(secrets.FINDALL_WATCH_HTTP_TOKEN);
    const [team, mail, webhook] = config.sinks;
    expect(team).toMatchObject({ url: secrets.SLACK_URL });
    expect(mail).toMatchObject({ login: { password: secrets.SMTP_PASSWORD } });
    expect(webhook).toMatchObject({
      url: secrets.FINDALL_WATCH_WEBHOOK_URL,
      secrets: [secrets.FINDALL_WATCH_WEBHOOK_SECRET],
    });
  });
});

describe('a variable of our prefix', () => {
  it('that is unknown is a problem with a suggestion', () => {
    expect(new House().problems({ FINDALL_WATCH_RUN: 'findall_a' })[0]).toMatch(
      /^FINDALL_WATCH_RUN: unknown variable; did you mean FINDALL_WATCH_RUNS\?; allowed: .* \(from env FINDALL_WATCH_RUN\)$/,
    );
  });

  it('may be unknown when it is empty, when the file refers to it, or when Kubernetes made it', () => {
    const house = houseWith('log: { level: "${FINDALL_WATCH_MINE}" }');
    const env = {
      FINDALL_WATCH_MINE: 'warn',
      FINDALL_WATCH_EMPTY: '',
      FINDALL_WATCH_SERVICE_HOST: '10.0.0.1',
      FINDALL_WATCH_SERVICE_PORT_HTTP: '80',
      FINDALL_WATCH_PORT: 'tcp://10.0.0.1:80',
      FINDALL_WATCH_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(house.load(env).config.log.level).toBe('warn');
  });
});
