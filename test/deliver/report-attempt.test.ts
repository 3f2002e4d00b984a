import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createAttemptReporter } from '../../src/deliver/report-attempt.ts';
import type { DeliveryLease, Settlement } from '../../src/record/outbox.ts';
import type { RunEvent } from '../../src/run-event.ts';
import { candidateEvent, endingEvent, keyEvent } from '../builders/event-builders.ts';
import { candidate } from '../builders/model-builders.ts';

type Events = [RunEvent, ...RunEvent[]];

const LABELLED = { findallId: 'findall_a', label: 'seeds' };
const match = (name: string) => candidateEvent('matched', { ...candidate('c1'), name }, LABELLED);

/** The line of an attempt at these events. */
function lineOf(
  events: Events,
  settlement: Settlement,
  logSinks?: ReadonlySet<string>,
): Record<string, unknown> {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const stream = events[0].findall_id ?? 'key';
  const lease = { sink: 'crm', stream, events, attempt: 2 } as DeliveryLease;
  const report = createAttemptReporter(logger, logSinks);
  const outcome = { kind: 'delivered' } as const;
  report({ lease, outcome, settlement, settled: { kind: 'settled', events: [] }, durationMs: 12 });
  expect(lines).toHaveLength(1);
  return { ...lines[0], level: pino.levels.labels[Number(lines[0]?.level)] };
}

const delivered: Settlement = { kind: 'delivered', now: 0 };

it('a delivered message is one line at info: sink, run, what, which attempt and how long it took', () => {
  expect(lineOf([match('Northwind Labs')], delivered)).toMatchObject({
    ...{ level: 'info', msg: 'delivered', sink: 'crm', findall_id: 'findall_a', label: 'seeds' },
    ...{ events: 1, what: 'match found: Northwind Labs', attempt: 2, duration_ms: 12 },
  });
});

it('a message with several events is one line too, with their number and types', () => {
  const events: Events = [match('a'), match('b'), endingEvent('completed', {}, LABELLED)];
  expect(lineOf(events, delivered)).toMatchObject({ events: 3, what: 'match found (2), run completed' });
  expect(lineOf(events, { ...delivered, count: 1 })).toMatchObject({ events: 1, what: 'match found: a' });
});

it('says of how many events the message had nothing', () => {
  const unsent = { eventIds: ['evt_1'], why: 'the template left it out' };
  expect(lineOf([match('a'), match('b')], { ...delivered, unsent })).toMatchObject({ unsent: 1 });
});

it('what was delivered to the log is in it already, and is said at debug', () => {
  expect(lineOf([match('a')], delivered, new Set(['crm']))).toMatchObject({
    level: 'debug',
    msg: 'delivered',
  });
  const failed: Settlement = { kind: 'retry', reason: 'stdout cannot be written', at: 0, now: 0 };
  expect(lineOf([match('a')], failed, new Set(['crm']))).toMatchObject({
    level: 'warn',
    what: 'match found: a',
  });
});

it('what is about no run has its stream', () => {
  const line = lineOf([keyEvent('blocked')], delivered);
  expect(line).toMatchObject({ stream: 'key', what: 'key blocked' });
  expect(line).not.toHaveProperty('findall_id');
});
