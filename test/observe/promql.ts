import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** What one selector of an expression asks for: `findall_watch_runs{state=~"watching|lingering"}`. */
export interface Selector {
  metric: string;
  matchers: { label: string; operator: string; value: string }[];
  /** The innermost aggregation around it: `max`, `sum`; null when its series come out one by one. */
  aggregation: string | null;
}

/** Everything that an expression of PromQL selects. Throws where the expression cannot be parsed. */
export function selectorsOf(expression: string): Selector[] {
  const selectors: Selector[] = [];
  parser.parse(expression).iterate({
    enter({ name, type, from, to, node }) {
      const text = expression.slice(from, to);
      if (type.isError) throw new SyntaxError(`not PromQL from character ${from} on: ${expression}`);
      const last = selectors.at(-1);
      if (name === 'VectorSelector')
        selectors.push({ metric: '', matchers: [], aggregation: aggregationAround(node, expression) });
      else if (name === 'Identifier' && last) last.metric = text;
      else if (name === 'UnquotedLabelMatcher') {
        const [, label = '', operator = '', value = ''] = /^(\w+)\s*([=!~]+)\s*"(.*)"$/.exec(text) ?? [];
        last?.matchers.push({ label, operator, value });
      }
    },
  });
  return selectors;
}

function aggregationAround(node: SyntaxNode, expression: string): string | null {
  let around: SyntaxNode | null = node.parent;
  while (around !== null && around.name !== 'AggregateExpr') around = around.parent;
  const operator = around?.getChild('AggregateOp');
  return operator ? expression.slice(operator.from, operator.to) : null;
}

/** One series as a daemon serves it. */
export interface Series {
  metric: string;
  labels: Record<string, string>;
}

/** The series of an answer of `/metrics`. */
export function seriesOf(text: string): Series[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, metric = '', labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      return { metric, labels: Object.fromEntries(pairs.map(([, label, value]) => [label, value])) };
    });
}

/** Labels that Prometheus itself adds to what it scrapes. */
export const ADDED_BY_PROMETHEUS = new Set(['job', 'instance']);

/** Whether a selector finds one of these series. `up` is Prometheus' own. */
export function finds({ metric, matchers }: Selector, series: readonly Series[]): boolean {
  if (metric === 'up') return true;
  const asked = matchers.filter(({ label }) => !ADDED_BY_PROMETHEUS.has(label));
  return series.some(
    (each) =>
      each.metric === metric &&
      asked.every(({ label, operator, value }) => {
        const is = each.labels[label] ?? '';
        const matches = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(is) : is === value;
        return matches !== operator.startsWith('!');
      }),
  );
}
