/** What can be said of the alerts and the dashboard without a Prometheus; test/prometheus asks a real one. */
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { ADDED_BY_PROMETHEUS, finds, selectorsOf, seriesOf } from '../observe/promql.ts';
import {
  alertRules,
  asSentByGrafana,
  grafanaDashboard,
  instanceQuery,
  labelsOfLegend,
} from '../observe/published-rules.ts';
import { startWatchedDaemon } from '../observe/watched-daemon.ts';

const rules = alertRules();
const dashboard = grafanaDashboard();
const targets = dashboard.panels.flatMap((panel) => panel.targets);
const expressions = [...rules, ...targets].map(({ expr }) => asSentByGrafana(expr));

describe('the alerts', () => {
  it('each have a summary and a description', () => {
    expect(rules.length).toBeGreaterThan(5);
    for (const { annotations } of rules) {
      expect(annotations).toMatchObject({ summary: /\S/, description: /\S/ });
    }
  });
});

describe('the dashboard', () => {
  it('asks the Prometheus that is chosen in it', () => {
    expect(dashboard.templating.list[0]).toMatchObject({
      name: 'datasource',
      type: 'datasource',
      query: 'prometheus',
    });
    const used = dashboard.panels.flatMap(({ datasource, targets: own }) => [
      datasource,
      ...own.map((each) => each.datasource),
    ]);
    expect(new Set(used.map(({ uid }) => uid))).toEqual(new Set(['${datasource}']));
  });

  it('lays its panels out side by side, each with an id and a description of its own', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ description }) => description.length > 10))).toEqual(new Set([true]));
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24);
  });
});

describe('every expression of the alerts and the dashboard', () => {
  it.each(expressions)('parses: %s', (expression) => {
    expect(selectorsOf(expression).length).toBeGreaterThan(0);
  });

  it('takes the largest of the numbers that every replica reads from the store', async () => {
    const shared = await sharedMetrics();
    expect(shared).toContain('findall_watch_runs');
    expect(shared).not.toContain('findall_watch_ready');
    const selectors = expressions.flatMap(selectorsOf).filter(({ metric }) => shared.includes(metric));
    expect(new Set(selectors.map(({ metric }) => metric))).toEqual(new Set(shared));
    expect(selectors.filter(({ aggregation }) => aggregation !== 'max')).toEqual([]);
  });

  it('finds its metrics, with their labels and values, among those that a daemon serves; and every metric is shown', async () => {
    const { url } = await startWatchedDaemon({
      scenarios: ['never-ends'],
      args: (ids) => ids,
      // Nobody listens there.
      env: { FINDALL_WATCH_WEBHOOK_URL: 'http://127.0.0.1:9/' },
    });
    const read = async () => await (await fetch(`${url}/metrics`)).text();
    const selectors = expressions.flatMap(selectorsOf);
    // Some series appear with the first poll.
    const text = await eventually(async () => {
      const served = seriesOf(await read());
      const missing = selectors.filter((selector) => !finds(selector, served));
      if (missing.length > 0) throw new Error(`not served: ${JSON.stringify(missing)}`);
      return await read();
    });
    const series = seriesOf(text);
    for (const { expr, legendFormat } of targets) {
      const asked = new Set(selectorsOf(asSentByGrafana(expr)).map(({ metric }) => metric));
      const labels = series.filter(({ metric }) => asked.has(metric)).map((each) => Object.keys(each.labels));
      for (const label of labelsOfLegend(legendFormat).filter((each) => !ADDED_BY_PROMETHEUS.has(each))) {
        expect({ expr, label, served: labels.some((names) => names.includes(label)) }).toMatchObject({
          served: true,
        });
      }
    }
    expect(series.map(({ metric }) => metric)).toContain(instanceQuery(dashboard).metric);

    const names = [...text.matchAll(/^# TYPE (findall_watch_\w+)/gm)].map(([, name]) => name ?? '');
    const shown = JSON.stringify(dashboard.panels);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !shown.includes(name))).toEqual([]);
  });
});

/** The metrics that are read from the store: without it they have no numbers. */
async function sharedMetrics(): Promise<string[]> {
  const metrics = createMetrics({
    ...{ sinks: ['crm'], eventTypes: [], watchStates: ['watching'], version: '1', nodeVersion: '24' },
  });
  const here = { isReady: true, leftToOthers: [], wakeSignalFailures: 0, now: 0 };
  const namesIn = (text: string) => new Set(seriesOf(text).map(({ metric }) => metric));
  const withStore = await metrics.render({ runs: [], sinks: [], keyRefused: false }, here);
  const without = namesIn(await metrics.render(null, here));
  return [...namesIn(withStore)].filter((name) => !without.has(name));
}
