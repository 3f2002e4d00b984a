import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The file of the alerts, for a Prometheus. */
export const ALERTS_FILE = fileURLToPath(new URL('../../config/alerts.yaml', import.meta.url));

export interface Rule {
  alert: string;
  expr: string;
  annotations: { summary: string; description: string };
}

/** The rules in config/alerts.yaml. */
export function alertRules(): Rule[] {
  const { groups } = parse(readFileSync(ALERTS_FILE, 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export interface Dashboard {
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

/** The dashboard in config/grafana-dashboard.json. */
export function grafanaDashboard(): Dashboard {
  const file = new URL('../../config/grafana-dashboard.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
}

/** A panel's expression as Grafana sends it: with its variables filled in. */
export function asSentByGrafana(expression: string): string {
  return expression.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m');
}

/** The metric and the label that the list of instances is made of. */
export function instanceQuery({ templating }: Dashboard): { metric: string; label: string } {
  const [, metric = '', label = ''] =
    /^label_values\((\w+), (\w+)\)$/.exec(templating.list[1]?.definition ?? '') ?? [];
  return { metric, label };
}

/** The labels that the legend of a panel shows. */
export function labelsOfLegend(legend: string): string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
}
