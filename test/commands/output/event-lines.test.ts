import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { EVENT_TYPES } from '../../../src/events/catalogue.ts';
import { eventLines, eventTitle } from '../../../src/commands/output/event-lines.ts';
import { PLAIN } from '../../../src/commands/output/layout.ts';
import { logLines } from '../../../src/commands/output/log-lines.ts';
import { matched } from './samples.ts';

test('a match shows name, link, what was found, why, and its first source', () => {
  expect(eventLines(matched(), PLAIN)).toEqual([
    '✔ Northwind Labs  https://northwind.example/',
    '    ✓ grid storage: Dispatch (high confidence)',
    '      The product page says so.',
    '      Product https://northwind.example/product and 1 more',
  ]);
});

test('on a narrow terminal reasons are broken with their indent', () => {
  const reasoning = 'The product page describes an optimiser in use at three sites.';
  expect(eventLines(matched({ reasoning }), { ...PLAIN, width: 40 }, '[a] ')).toEqual([
    '[a] ✔ Northwind Labs',
    '    https://northwind.example/',
    '    ✓ grid storage: Dispatch (high',
    '      confidence)',
    '      The product page describes an',
    '      optimiser in use at three sites.',
    '      Product',
    '      https://northwind.example/product',
    '      and 1 more',
  ]);
});

test('every type of event has words of its own', () => {
  const titles = EVENT_TYPES.map((type) => {
    const event = { ...matched(), type };
    const [, family] = type.split('.');
    const data = family === 'candidate' ? event.data : { reason: 'HTTP 404', status: { status: 'queued' } };
    const ends = /run\.(completed|failed|cancelled|ended)$/.exec(type);
    const summary = {
      status: ends?.[1] ?? '',
      termination_reason: null,
      matched_count: 1,
      candidate_count: 1,
      duration_ms: 1000,
      advice: 'Advice.',
    };
    return eventTitle({ ...event, data, ...(ends ? { summary } : {}) } as RunEvent, PLAIN);
  });
  expect(titles.filter((title) => title.startsWith('findall.'))).toEqual([]);
  expect(new Set(titles)).toHaveProperty('size', EVENT_TYPES.length);
  expect(titles).toContain('■ completed  1 match among 1 candidate in 1 s');
});

test('a log line becomes readable, an event in it as follow shows it, an error with its stack', () => {
  const time = '2026-01-01T12:00:00.000Z';
  const line = {
    level: 'warn',
    time,
    msg: 'poll failed',
    reason: 'HTTP 503\u001b[2J',
    failures: 2,
    ref_id: null,
  };
  const [first] = logLines(JSON.stringify({ ...line, findall_id: 'findall_a' }), PLAIN);
  expect(first).toMatch(
    /^\d\d:\d\d:\d\d warn poll failed: HTTP 503 \[2J {2}failures=2 findall_id=findall_a$/,
  );
  const [brief] = logLines(JSON.stringify({ ...line, findall_id: 'findall_a' }), PLAIN, { brief: true });
  expect(brief).toMatch(/ warn poll failed: HTTP 503 \[2J {2}findall_id=findall_a$/);
  const info = {
    level: 'info',
    time,
    msg: 'delivered',
    what: 'match found: Acme',
    sink: 'crm',
    event_ids: ['evt_1'],
  };
  const labelled = { ...info, findall_id: 'findall_40e0ab8c10754be0', label: 'se\u001beds' };
  expect(logLines(JSON.stringify(labelled), PLAIN)[0]).toMatch(
    /^\d\d:\d\d:\d\d \[se eds\] info delivered: match found: Acme {2}sink=crm$/,
  );
  expect(logLines(JSON.stringify({ ...labelled, label: undefined }), PLAIN)[0]).toContain(
    ' [40e0ab8c] info ',
  );
  const ended = {
    ...labelled,
    level: 'warn',
    msg: 'run ended',
    what: undefined,
    status: 'failed',
    reason: 'timeout',
  };
  expect(logLines(JSON.stringify({ ...ended, todo: 'findall-watch show' }), PLAIN)).toEqual([
    expect.stringMatching(
      / \[se eds\] warn run ended: failed, timeout {2}.*findall_id=findall_40e0ab8c10754be0/,
    ),
    '    findall-watch show',
  ]);
  const reported = logLines(
    JSON.stringify({ level: 'info', time, msg: 'match found', event: matched() }),
    PLAIN,
  );
  expect(reported[0]).toMatch(/^\d\d:\d\d:\d\d \[a\] ✔ Northwind Labs {2}https:/);
  const err = { type: 'Error', message: 'broken', stack: 'Error: broken\n    at here (file.ts:1:1)' };
  expect(logLines(JSON.stringify({ level: 'error', time, msg: 'work failed', err }), PLAIN)).toEqual([
    expect.stringMatching(/ error work failed: broken$/),
    '    at here (file.ts:1:1)',
  ]);
});
