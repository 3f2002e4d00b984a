import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_EVENTS } from '../../src/events/event-patterns.ts';
import { ConfigHarness, configured, webhookSecret } from './config-harness.ts';

describe('with nothing configured', () => {
  it('everything has its default', () => {
    const harness = new ConfigHarness();
    const retry = { firstMs: 5000, maxMs: 3_600_000, giveUpMs: 86_400_000, alertAfterMs: 300_000 };
    const pace = { group: { waitMs: 0, max: 1 }, quiet: [], urgent: [], rate: null };
    expect(harness.load()).toMatchObject({
      file: null,
      config: {
        api: {
          key: null,
          baseUrl: 'https://api.parallel.ai',
          concurrency: 8,
          timeoutMs: 60_000,
          maxBodyBytes: 67_108_864,
        },
        poll: {
          intervalMs: 10_000,
          maxIntervalMs: 60_000,
          lingerMs: 300_000,
          maxWatchMs: 604_800_000,
          degradedAfterMs: 300_000,
          goneAfterMs: 120_000,
          enrichedBy: 'output',
        },
        runs: [],
        sinks: [{ name: 'log', type: 'log', events: DEFAULT_EVENTS, ...pace, retry }],
        store: { path: join(harness.home, '.local/state/findall-watch/watch.db'), leaseMs: 30_000, pool: 5 },
        log: { level: 'info' },
      },
    });
  });

  it('the configuration is frozen all the way down', () => {
    const { config } = new ConfigHarness().load();
    expect(Object.isFrozen(config) && Object.isFrozen(config.sinks[0]?.retry)).toBe(true);
  });

  it('the store is in the first state directory of systemd, else under XDG_STATE_HOME if that is absolute', () => {
    const harness = new ConfigHarness();
    const store = (env: Record<string, string>) => harness.load(env).config.store.path;
    expect(store({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b', XDG_STATE_HOME: '/x' })).toBe(
      '/var/lib/a/watch.db',
    );
    expect(store({ XDG_STATE_HOME: '/x' })).toBe('/x/findall-watch/watch.db');
    expect(store({ XDG_STATE_HOME: 'relative' })).toContain(harness.home);
  });
});

describe('the file', () => {
  const LEVELS = {
    flag: 'log: { level: trace }',
    named: 'log: { level: debug }',
    cwd: 'log: { level: warn }',
  };

  it('is the flag’s, else the variable’s, else the first of the usual places', () => {
    const harness = new ConfigHarness({ 'flag.yaml': LEVELS.flag, 'named.yaml': LEVELS.named });
    const level = (env: Record<string, string>, config?: string) =>
      harness.load(env, { config }).config.log.level;
    const systemd = join(harness.home, 'etc');
    const xdg = join(harness.home, '.config/findall-watch');
    mkdirSync(systemd);
    mkdirSync(xdg, { recursive: true });
    const env = { CONFIGURATION_DIRECTORY: systemd };

    expect(level(env)).toBe('info');
    writeFileSync(join(xdg, 'findall-watch.yaml'), 'log: { level: fatal }');
    expect(level(env)).toBe('fatal');
    writeFileSync(join(systemd, 'findall-watch.yaml'), 'log: { level: error }');
    expect(level(env)).toBe('error');
    harness.write('config/findall-watch.yaml', LEVELS.cwd);
    expect(level(env)).toBe('warn');
    expect(level({ ...env, FINDALL_WATCH_CONFIG: 'named.yaml' })).toBe('debug');
    expect(level({ ...env, FINDALL_WATCH_CONFIG: 'named.yaml' }, 'flag.yaml')).toBe('trace');
  });

  it('of the issue is read as it stands', () => {
    const harness = configured(`
api: { key: "\${PARALLEL_API_KEY}", baseUrl: https://api.parallel.ai/, concurrency: 4, timeout: 30s, maxBody: 1MiB }
poll: { interval: 10s, maxInterval: 60s, linger: 0s, maxWatch: 7d }
runs:
  - { id: findall_a, label: series-a-2024, interval: 5s, baseline: silent }
  - findall_b
sinks:
  - { name: log, type: log }
  - name: crm
    type: webhook
    url: https://crm.example/hooks/findall
    secret: \${CRM_SECRET}
    events: [findall.candidate.matched, findall.run.*]
    retry: { first: 1s, max: 1m, giveUp: 1h }
store: var/watch.db
log: { level: debug }
`);
    const secret = webhookSecret('a');
    const { config, file } = harness.load({ PARALLEL_API_KEY: 'key', CRM_SECRET: secret });
    expect(file).toBe(join(harness.cwd, 'config/findall-watch.yaml'));
    expect(config).toMatchObject({
      api: { key: 'key', baseUrl: 'https://api.parallel.ai', concurrency: 4, timeoutMs: 30_000 },
      poll: { lingerMs: 0 },
      runs: [
        { id: 'findall_a', label: 'series-a-2024', intervalMs: 5000, baseline: 'silent' },
        { id: 'findall_b', label: null, intervalMs: null, baseline: 'notify' },
      ],
      sinks: [
        { name: 'log' },
        {
          name: 'crm',
          url: 'https://crm.example/hooks/findall',
          secret: [secret],
          events: ['findall.candidate.matched', 'findall.run.*'],
          retry: { firstMs: 1000, maxMs: 60_000, giveUpMs: 3_600_000 },
          timeoutMs: 15_000,
        },
      ],
      store: { path: join(harness.cwd, 'var/watch.db') },
    });
  });

  it('has labels and label patterns composed, in every form of Unicode', () => {
    const label = 'cafe\u0301';
    const harness = configured(
      `runs: [{ id: findall_a, label: "${label}" }]\nsinks: [{ name: log, type: log, runs: ["${label}*", "café*"] }]`,
    );
    const { runs, sinks } = harness.load().config;
    expect([runs[0]?.label, sinks[0]?.runs]).toEqual(['café', ['café*']]);
  });

  it('may be empty', () => {
    expect(configured('# nothing yet\n').load().config.log.level).toBe('info');
  });

  it('may give a number through a variable', () => {
    const harness = configured('api: { concurrency: "${N}", maxBody: "${BYTES}" }');
    expect(harness.load({ N: '3', BYTES: '4096' }).config.api).toMatchObject({
      concurrency: 3,
      maxBodyBytes: 4096,
    });
  });

  it('keeps $${ as a plain ${ and replaces an aliased value once', () => {
    const harness = configured(
      'runs: [{ id: findall_a, label: &l "$${HOME}" }, { id: findall_b, label: *l }]',
    );
    expect(harness.load().config.runs.map(({ label }) => label)).toEqual(['${HOME}', '${HOME}']);
  });
});

describe('precedence', () => {
  it('is default, file, environment, flag, and each origin says so', () => {
    const harness = configured('poll:\n  interval: 11s\n  linger: 12s\n  maxWatch: 1d\n');
    const env = { FINDALL_WATCH_POLL_INTERVAL: '20s', FINDALL_WATCH_LINGER: '21s' };
    const { config, origins } = harness.load(env, { linger: '30s' });
    expect(config.poll).toMatchObject({
      maxIntervalMs: 60_000,
      maxWatchMs: 86_400_000,
      intervalMs: 20_000,
      lingerMs: 30_000,
    });
    expect(origins.get('poll.maxInterval')).toBeUndefined();
    expect(origins.get('poll.maxWatch')).toBe('config/findall-watch.yaml:4');
    expect(origins.get('poll.interval')).toBe('env FINDALL_WATCH_POLL_INTERVAL');
    expect(origins.get('poll.linger')).toBe('flag --linger');
  });

  it('lets every flag set its setting', () => {
    const flags = {
      store: 'db',
      logLevel: 'error',
      interval: '1s',
      maxInterval: '2s',
      linger: '0',
      baseUrl: 'http://127.0.0.1:1234',
    };
    const harness = new ConfigHarness();
    expect(harness.load({}, flags).config).toMatchObject({
      store: { path: join(harness.cwd, 'db') },
      log: { level: 'error' },
      poll: { intervalMs: 1000, maxIntervalMs: 2000, lingerMs: 0 },
      api: { baseUrl: 'http://127.0.0.1:1234' },
    });
  });

  it('lets a flag replace a value whose variable is not set', () => {
    const harness = configured('store: ${NOWHERE}');
    expect(harness.load({}, { store: '/data/db' }).config.store.path).toBe('/data/db');
    expect(harness.problems()).toHaveLength(1);
  });

  it('gives a store path in short form and a lease from the environment one place', () => {
    const { config } = configured('store: /data/db').load({ FINDALL_WATCH_LEASE: '2m' });
    expect(config.store).toEqual({ path: '/data/db', leaseMs: 120_000, pool: 5 });
  });
});

describe('the environment alone', () => {
  it('is enough for a container', () => {
    const [old, fresh] = [webhookSecret('o'), webhookSecret('f')];
    const { config } = new ConfigHarness().load({
      PARALLEL_API_KEY: 'key',
      PARALLEL_BASE_URL: 'https://proxy.example/parallel/',
      FINDALL_WATCH_RUNS: 'findall_a, findall_b,,findall_a',
      FINDALL_WATCH_STORE: '/data/watch.db',
      FINDALL_WATCH_WEBHOOK_URL: 'http://receiver:8080/hook?token=t',
      FINDALL_WATCH_WEBHOOK_SECRET: `${fresh},${old}`,
      FINDALL_WATCH_POLL_MAX_INTERVAL: '5m',
      FINDALL_WATCH_LOG_LEVEL: 'warn',
    });
    expect(config.api).toMatchObject({ key: 'key', baseUrl: 'https://proxy.example/parallel' });
    expect(config.runs.map(({ id }) => id)).toEqual(['findall_a', 'findall_b']);
    expect(config.sinks).toMatchObject([
      { name: 'log', type: 'log' },
      { name: 'webhook', type: 'webhook', url: 'http://receiver:8080/hook?token=t', secret: [fresh, old] },
    ]);
    expect(config.poll.maxIntervalMs).toBe(300_000);
  });

  it('takes a date without quotes for text', () => {
    const { runs } = configured('runs: [{ id: findall_a, label: 2024-01-31 }]').load().config;
    expect(runs[0]?.label).toBe('2024-01-31');
  });

  it('takes run ids as they are pasted, each run once', () => {
    const { runs, sinks } = configured(`
      runs: [{ id: https://platform.parallel.ai/find-all/findall_a, label: mine }, "'findall_b'"]
      sinks: [{ name: log, type: log, runs: [https://platform.parallel.ai/find-all/findall_a, "b-*"] }]
    `).load({ FINDALL_WATCH_RUNS: '"findall_a", FINDALL_C ,https://api.parallel.ai/runs/findall_b' }).config;
    expect(runs.map(({ id, label }) => [id, label])).toEqual([
      ['findall_a', 'mine'],
      ['findall_b', null],
      ['findall_c', null],
    ]);
    expect(sinks.map((sink) => sink.runs)).toEqual([['findall_a', 'b-*']]);
  });

  it('adds runs to those of the file and keeps the file’s options', () => {
    const harness = configured('runs: [{ id: findall_a, label: mine }, findall_b]');
    const { runs } = harness.load({ FINDALL_WATCH_RUNS: 'findall_c,findall_a,findall_b' }).config;
    expect(runs.map(({ id, label }) => [id, label])).toEqual([
      ['findall_a', 'mine'],
      ['findall_b', null],
      ['findall_c', null],
    ]);
  });

  it('sets the url of a declared sink named webhook and leaves the others alone', () => {
    const harness = configured(
      `sinks: [{ name: webhook, type: webhook, url: https://old.example, timeout: 3s }]`,
    );
    expect(harness.load({ FINDALL_WATCH_WEBHOOK_URL: 'https://new.example' }).config.sinks).toMatchObject([
      { name: 'webhook', url: 'https://new.example', timeoutMs: 3000 },
    ]);
  });

  it('adds no sink to a list that is explicitly empty but the webhook', () => {
    const harness = configured('sinks: []');
    expect(harness.load().config.sinks).toEqual([]);
    const { sinks } = harness.load({ FINDALL_WATCH_WEBHOOK_URL: 'https://x.example' }).config;
    expect(sinks.map(({ name }) => name)).toEqual(['webhook']);
  });
});
