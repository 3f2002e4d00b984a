import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ALERTS_FILE, alertRules } from '../observe/published-rules.ts';
import { startWatchedDaemon } from '../observe/watched-daemon.ts';
import { promtool } from './prometheus.ts';

const CASES = fileURLToPath(new URL('alerts.rules-test.yaml', import.meta.url));

interface Cases {
  tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
}

const cases = (parse(readFileSync(CASES, 'utf8')) as Cases).tests.flatMap((each) => each.alert_rule_test);

it('promtool takes the rules', () => {
  expect(promtool(['check', 'rules', ALERTS_FILE])).toMatchObject({ code: 0 });
});

it('promtool takes the numbers of a daemon, their names included', async () => {
  const { url } = await startWatchedDaemon({ scenarios: ['low-match-rate'], args: (ids) => ids });
  const numbers = await (await fetch(`${url}/metrics`)).text();
  expect(numbers).toContain('findall_watch_build_info');
  expect(promtool(['check', 'metrics'], numbers)).toEqual({ code: 0, output: '' });
});

it('each alert is heard when it must be, and silent when it must be', () => {
  expect(promtool(['test', 'rules', CASES])).toMatchObject({ code: 0 });
  const named = (wanted: boolean) =>
    new Set(cases.filter((each) => (each.exp_alerts !== undefined) === wanted).map((each) => each.alertname));
  const alerts = new Set(alertRules().map(({ alert }) => alert));
  expect(named(true)).toEqual(alerts);
  expect(named(false)).toEqual(alerts);
});
