import { expect, test } from 'vitest';
import { metricsAnswer } from '../../src/observe/metrics-answer.ts';

const TEXT =
  '# HELP a_total Of a.\n# TYPE a_total counter\na_total{b="# x"} 1\n\n# HELP g_total Of g.\n# TYPE g_total gauge\ng_total 2\n';

test.each([
  // Prometheus 2, then 3.
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
  ],
  [
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.2',
  ],
  ['application/openmetrics-text'],
  ['application/openmetrics-text; version="1.0.0", text/plain'],
  ['text/plain;q=0.5, Application/OpenMetrics-Text'],
])('who asks by %s gets OpenMetrics 1.0', (accept) => {
  expect(metricsAnswer(accept, TEXT)).toEqual({
    type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    body: '# HELP a Of a.\n# TYPE a counter\na_total{b="# x"} 1\n# HELP g_total Of g.\n# TYPE g_total gauge\ng_total 2\n# EOF\n',
  });
});

test.each([
  [undefined],
  [''],
  ['*/*'],
  ['text/html, */*;q=0.1'],
  ['text/plain, application/openmetrics-text'],
  ['application/openmetrics-text;q=0, text/*'],
  ['application/openmetrics-text;version=0.0.1'],
  ['application/openmetrics-text;version=2.0.0, text/plain;q=0.1'],
  ['application/openmetrics-text;q=nonsense'],
])('who asks by %s gets the text format 0.0.4', (accept) => {
  expect(metricsAnswer(accept, TEXT)).toEqual({
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: TEXT,
  });
});
