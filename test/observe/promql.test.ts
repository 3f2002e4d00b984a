import { describe, expect, it } from 'vitest';
import { finds, selectorsOf, seriesOf } from './promql.ts';

describe('an expression of PromQL', () => {
  it('gives the selectors it asks for', () => {
    expect(
      selectorsOf('sum by (sink) (rate(a_total{sink!="log", state=~"x|y"}[5m])) > 2 * max by (x) (b)'),
    ).toEqual([
      {
        metric: 'a_total',
        matchers: [
          { label: 'sink', operator: '!=', value: 'log' },
          { label: 'state', operator: '=~', value: 'x|y' },
        ],
        aggregation: 'sum',
      },
      { metric: 'b', matchers: [], aggregation: 'max' },
    ]);
    expect(selectorsOf('sum(max by (x) (c)) or d').map((each) => each.aggregation)).toEqual(['max', null]);
  });

  it.each([
    'sum by (sink (findall_watch_pending)',
    'rate(findall_watch_polls_total[5m)',
    'findall_watch_pending{sink="log"',
    'findall_watch_pending >',
    'findall_watch_pending[5 minutes]',
    'findall watch pending',
    '',
  ])('that is broken is found: %j', (broken) => {
    expect(() => selectorsOf(broken)).toThrow(SyntaxError);
  });
});

describe('a selector', () => {
  const served = seriesOf('# HELP a what\na{state="on",sink="x \\" y"} 1\nb 2\nc_bucket{le="+Inf"} 3\n');

  it.each([
    ['a', true],
    ['b', true],
    ['c_bucket', true],
    ['c', false],
    ['a{state="on"}', true],
    ['a{state="off"}', false],
    ['a{state=~"off|on"}', true],
    ['a{state=~"o"}', false],
    ['a{state!="on"}', false],
    ['a{state!~"off"}', true],
    ['a{nothing="on"}', false],
    ['a{instance=~"any", job="any"}', true],
    ['up{job="findall-watch"}', true],
  ])('%s finds something: %s', (expression, found) => {
    const [selector] = selectorsOf(expression);
    expect(selector && finds(selector, served)).toBe(found);
  });
});
