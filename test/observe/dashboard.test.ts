import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { startPrometheus } from './prometheus.ts';
import { startWatchedDaemon } from './watched-daemon.ts';

const ROOM = new URL('../../config/', import.meta.url);
const ALERTS = fileURLToPath(new URL('alerts.yaml', ROOM));

interface Dashboard {
  templating: { list: { name: string; type: string; query: unknown; definition?: string }[] };
  panels: {
    id: number;
    type: string;
    title: string;
    description: string;
    datasource: { type: string; uid: string };
    gridPos: { x: number; y: number; w: number; h: number };
    targets: { expr: string; legendFormat: string; datasource: { uid: string } }[];
  }[];
}

let dashboard: Dashboard;

beforeAll(() => {
  dashboard = JSON.parse(readFileSync(new URL('grafana-dashboard.json', ROOM), 'utf8')) as Dashboard;
});

/** As Grafana asks: with its variables filled in. */
const asked = (expression: string) =>
  expression.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m');

describe('the dashboard', () => {
  it('asks the Prometheus that is chosen in it', () => {
    expect(dashboard.templating.list[0]).toMatchObject({
      name: 'datasource',
      type: 'datasource',
      query: 'prometheus',
    });
    const used = dashboard.panels.flatMap(({ datasource, targets }) => [
      datasource,
      ...targets.map((each) => each.datasource),
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

  it('gets an answer to each of its questions from a Prometheus that watches a daemon, with every label it shows', async () => {
    const { url } = await startWatchedDaemon({
      scenarios: ['never-ends'],
      args: (ids) => ids,
      // Nobody listens there.
      env: { FINDALL_WATCH_WEBHOOK_URL: 'http://127.0.0.1:9/' },
    });
    const prometheus = await startPrometheus(new URL(url).host, ALERTS);
    const targets = dashboard.panels.flatMap((panel) => panel.targets);
    expect(targets.length).toBeGreaterThan(15);
    for (const { expr, legendFormat } of targets) {
      // A number that only shows what is above 0 is asked for without that.
      const samples = await prometheus.query(asked(expr).replace(/ > 0$/, ''));
      expect({ expr, found: samples.length > 0 }).toEqual({ expr, found: true });
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        for (const { metric } of samples) expect({ expr, ...metric }).toHaveProperty(label);
      }
    }
    const [, name, label = ''] =
      /^label_values\((\w+), (\w+)\)$/.exec(dashboard.templating.list[1]?.definition ?? '') ?? [];
    expect((await prometheus.query(name ?? ''))[0]?.metric).toHaveProperty(label);
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(5);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  });

  it('shows every number of ours', async () => {
    const { url } = await startWatchedDaemon({ scenarios: ['never-ends'] });
    const text = await (await fetch(`${url}/metrics`)).text();
    const names = [...text.matchAll(/^# TYPE (findall_watch_\w+)/gm)].map(([, name]) => name ?? '');
    const shown = JSON.stringify(dashboard.panels);
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !shown.includes(name))).toEqual([]);
  });
});
