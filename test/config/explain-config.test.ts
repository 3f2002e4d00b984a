import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { explainConfig, explainConfigAsJson } from '../../src/config/explain-config.ts';
import { ConfigHarness, configured, webhookSecret } from './config-harness.ts';

describe('the effective configuration', () => {
  it('reads like the file, each value with its origin', () => {
    const harness = configured(
      'runs:\n  - id: findall_a\n    label: "a: b"\nsinks:\n  - name: crm\n    type: webhook\n    url: https://x.example/h\n    secret: ${S}\n    events: [findall.run.*]\nstore: /data/db\n',
    );
    const file = join(harness.cwd, 'config/findall-watch.yaml');
    const loaded = harness.load(
      { S: webhookSecret('s'), PARALLEL_API_KEY: 'k', FINDALL_WATCH_LINGER: '0' },
      { logLevel: 'debug' },
    );
    expect(explainConfig(loaded)).toBe(`# file: ${file}
api:
  key: ***  # env PARALLEL_API_KEY
  baseUrl: https://api.parallel.ai  # default
  concurrency: 8  # default
  timeout: 1m  # default
  maxBody: 64MiB  # default
poll:
  interval: 10s  # default
  maxInterval: 1m  # default
  linger: 0s  # env FINDALL_WATCH_LINGER
  maxWatch: 7d  # default
  degradedAfter: 5m  # default
  goneAfter: 2m  # default
  enrichedBy: output  # default
runs:
  - id: findall_a  # config/findall-watch.yaml:2
    label: "a: b"  # config/findall-watch.yaml:3
    baseline: notify  # default
sinks:
  - name: crm  # config/findall-watch.yaml:5
    type: webhook  # config/findall-watch.yaml:6
    url: https://x.example/***  # config/findall-watch.yaml:7
    secret: ***  # config/findall-watch.yaml:8 with env S
    format: json  # default
    timeout: 15s  # default
    events: [findall.run.*]  # config/findall-watch.yaml:9
    group:
      wait: 0s  # default
    rate: none  # default
    retry:
      first: 5s  # default
      max: 1h  # default
      giveUp: 1d  # default
      alertAfter: 5m  # default
store:
  path: /data/db  # config/findall-watch.yaml:10
  lease: 30s  # default
watchConfig: false  # default
retention: 30d  # default
log:
  level: debug  # flag --log-level
`);
  });

  it('without secrets is a file that says the same', () => {
    const harness = configured('runs: [findall_a, { id: findall_b, interval: 1s }]');
    const first = harness.load();
    const text = explainConfig(first).replace(/^ *(?:key|secret): null.*\n/gm, '');
    const again = new ConfigHarness({ 'same.yaml': text }).load({}, { config: 'same.yaml' });
    expect(parse(text)).toMatchObject({ poll: { interval: '10s' } });
    expect(again.config).toEqual(first.config);
  });

  it('says where the state directory of systemd decided', () => {
    const { values } = explainConfigAsJson(new ConfigHarness().load({ STATE_DIRECTORY: '/var/lib/x' }));
    expect(values).toContainEqual({
      key: 'store.path',
      value: '/var/lib/x/watch.db',
      origin: 'default, in STATE_DIRECTORY',
    });
  });

  it('as JSON names the file and every value', () => {
    const explained = explainConfigAsJson(new ConfigHarness().load());
    expect(explained.file).toBeNull();
    expect(explained.values).toContainEqual({ key: 'api.key', value: null, origin: 'default' });
    expect(explained.values).toContainEqual({ key: 'runs', value: [], origin: 'default' });
  });
});
