import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { asSentByGrafana, grafanaDashboard } from '../observe/published-rules.ts';
import { promtool } from './prometheus.ts';

/** What three replicas read from the store that they share, and what a daemon of another job reads from its own. */
const SHARED: [metric: string, labels: string, onReplicas: number, elsewhere: number][] = [
  ['findall_watch_runs', 'state="watching"', 10, 2],
  ['findall_watch_runs', 'state="lingering"', 1, 0],
  ['findall_watch_runs', 'state="ended"', 4, 0],
  ['findall_watch_oldest_poll_age_seconds', '', 20, 5],
  ['findall_watch_pending', 'sink="crm"', 7, 0],
  ['findall_watch_pending', 'sink="log"', 2, 1],
  ['findall_watch_oldest_pending_age_seconds', 'sink="crm"', 60, 0],
  ['findall_watch_dead', 'sink="crm"', 3, 1],
  ['findall_watch_sink_state', 'sink="crm", state="failing"', 0, 1],
  ['findall_watch_sink_state', 'sink="crm", state="stopped"', 1, 0],
  ['findall_watch_sink_declared', 'sink="crm"', 0, 1],
  ['findall_watch_key_refused', '', 1, 0],
];

/** What a panel shows then, by its title: a value for each line. */
const SHOWN: Record<string, [labels: string, value: number][]> = {
  'API key': [['{}', 1]],
  'Polled runs': [['{}', 13]],
  'Oldest good poll': [['{}', 20]],
  Pending: [['{}', 10]],
  Dead: [['{}', 4]],
  'Age of the oldest good poll': [
    ['{job="findall-watch"}', 20],
    ['{job="findall-watch-b"}', 5],
  ],
  'Runs by state': [
    ['{state="watching"}', 12],
    ['{state="lingering"}', 1],
    ['{state="ended"}', 4],
  ],
  'Pending by sink': [
    ['{sink="crm"}', 7],
    ['{sink="log"}', 3],
  ],
  'Oldest pending by sink': [['{sink="crm"}', 60]],
  'Dead by sink': [['{sink="crm"}', 4]],
  'Failing sinks': [['{sink="crm"}', 2]],
  'Key breaker': [
    ['{job="findall-watch"}', 1],
    ['{job="findall-watch-b"}', 0],
  ],
  'Sinks that nobody, or another process, delivers': [['{sink="crm"}', 1]],
};

const DAEMONS = [
  ['findall-watch', 'a'],
  ['findall-watch', 'b'],
  ['findall-watch', 'c'],
  ['findall-watch-b', 'd'],
] as const;

it('the dashboard shows what three replicas read from one store once, and adds another store', () => {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-replicas-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const { panels } = grafanaDashboard();
  const samples = DAEMONS.flatMap(([job, instance]) =>
    SHARED.map(([metric, labels, shared, own]) => ({
      series: `${metric}{job="${job}", instance="${instance}"${labels && `, ${labels}`}}`,
      values: `${job === 'findall-watch' ? shared : own}x5`,
    })),
  );
  const cases = Object.entries(SHOWN).map(([title, lines]) => ({
    expr: asSentByGrafana(panels.find((panel) => panel.title === title)?.targets[0]?.expr ?? title),
    eval_time: '1m',
    exp_samples: lines.map(([labels, value]) => ({ labels, value })),
  }));
  const file = join(directory, 'dashboard.yaml');
  writeFileSync(
    file,
    stringify({ tests: [{ interval: '1m', input_series: samples, promql_expr_test: cases }] }),
  );
  expect(promtool(['test', 'rules', file])).toEqual({
    code: 0,
    output: expect.stringContaining('SUCCESS') as string,
  });
});
