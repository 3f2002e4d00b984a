import { expect, it } from 'vitest';
import {
  ALERTS_FILE,
  asSentByGrafana,
  grafanaDashboard,
  instanceQuery,
  labelsOfLegend,
} from '../observe/published-rules.ts';
import { eventually } from '../support/eventually.ts';
import { startWatchedDaemon } from '../observe/watched-daemon.ts';
import { startPrometheus } from './prometheus.ts';

it('a Prometheus that scrapes a daemon answers every query of the dashboard, with every label it shows', async () => {
  const dashboard = grafanaDashboard();
  const { url } = await startWatchedDaemon({
    scenarios: ['never-ends'],
    args: (ids) => ids,
    // Nobody listens there.
    env: { FINDALL_WATCH_WEBHOOK_URL: 'http://127.0.0.1:9/' },
  });
  const prometheus = await startPrometheus(new URL(url).host, ALERTS_FILE);
  const targets = dashboard.panels.flatMap((panel) => panel.targets);
  expect(targets.length).toBeGreaterThan(15);
  for (const { expr, legendFormat } of targets) {
    // A number that only shows what is above 0 is asked for without that.
    const asked = asSentByGrafana(expr).replace(/ > 0$/, '');
    // On a busy machine a scrape takes longer than its limit now and then, and its series pause.
    const samples = await eventually(
      async () => {
        const found = await prometheus.query(asked);
        expect({ expr, found: found.length > 0 }).toEqual({ expr, found: true });
        return found;
      },
      { what: `samples of ${expr}` },
    );
    for (const label of labelsOfLegend(legendFormat)) {
      for (const { metric } of samples) expect({ expr, ...metric }).toHaveProperty(label);
    }
  }
  const { metric, label } = instanceQuery(dashboard);
  expect((await prometheus.query(metric))[0]?.metric).toHaveProperty(label);
  const rules = await prometheus.rules();
  expect(rules.length).toBeGreaterThan(5);
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
});
