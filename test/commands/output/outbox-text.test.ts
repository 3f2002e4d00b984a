import { describe, expect, test } from 'vitest';
import { type OutboxRow, outboxTable } from '../../../src/commands/output/outbox-table.ts';
import type {
  DeliveryGroup,
  DeliveryRecord,
  EventTrace,
  JournalEntry,
  SinkBacklog,
} from '../../../src/record/outbox-operations.ts';
import { PLAIN } from '../../../src/commands/output/layout.ts';
import { backlogText, deliveryStatus, remedyText } from '../../../src/commands/output/outbox-text.ts';
import { foldJournal, traceLines } from '../../../src/commands/inspect/trace-text.ts';
import { jsonText } from '../../../src/text/json-line.ts';
import { displayWidth } from '../../../src/text/wrap-text.ts';
import { HOSTILE } from '../../sinks/hostile.ts';
import { matched } from './samples.ts';
import { withoutJoiners } from '../../support/spelling.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/u;

function delivery(changes: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    ...{ sink: 'crm', stream: 'findall_a', sequence: 1, eventId: 'evt_0123456789abcdef0123456789abcdef' },
    ...{ position: 1, event: matched(), state: 'pending', attempts: 0, queuedAt: NOW - 60_000 },
    ...{ settledAt: null, lastReason: null, nextAttemptAt: NOW, heldBy: null, leasedUntil: null },
    ...changes,
  };
}

function backlog(changes: Partial<SinkBacklog> = {}): SinkBacklog {
  return {
    ...{ sink: 'crm', isDeclared: true, pending: 2, dead: 0, oldestPendingAt: NOW - 60_000 },
    ...{ state: 'running', since: null, reason: null, pausedUntil: null },
    ...changes,
  };
}

describe('how a sink stands', () => {
  test.each<[Partial<SinkBacklog>, string]>([
    [{}, 'sink crm: 2 pending for up to 1 min'],
    [{ pending: 0, oldestPendingAt: null, dead: 3 }, 'sink crm: 0 pending, 3 dead'],
    [
      { state: 'failing', since: NOW - 90_000, reason: 'HTTP 503' },
      'sink crm: 2 pending for up to 1 min; failing for 1 min 30 s (HTTP 503)',
    ],
    [
      { state: 'stopped', since: NOW - 5000, reason: 'HTTP 410', pausedUntil: NOW + 1000 },
      'sink crm: 2 pending for up to 1 min; stopped for 5 s (HTTP 410)',
    ],
    [{ pausedUntil: NOW + 30_000 }, 'sink crm: 2 pending for up to 1 min; asked for a pause of 30 s more'],
    [{ pausedUntil: NOW }, 'sink crm: 2 pending for up to 1 min'],
  ])('%j', (changes, text) => {
    expect(backlogText(backlog(changes), NOW)).toBe(text);
  });
});

test('only a sink that has stopped needs somebody, and says what for', () => {
  expect(remedyText(backlog({ state: 'stopped' }))).toBe('fix it, then findall-watch redeliver --sink crm');
  expect(remedyText(backlog({ state: 'failing' }))).toBeNull();
});

describe('how a delivery stands', () => {
  const later = NOW + 60_000;
  test.each<[string, Partial<DeliveryRecord>, Partial<SinkBacklog>, string, number | null]>([
    ['new', {}, {}, 'pending', NOW],
    ['tried before', { attempts: 2, nextAttemptAt: later }, {}, 'retrying', later],
    ['held by a group', { heldBy: 'group', nextAttemptAt: later }, {}, 'held: group', later],
    ['held, and looked at any moment', { heldBy: 'quiet' }, {}, 'pending', NOW],
    ['claimed', { attempts: 1, leasedUntil: later }, {}, 'on its way', null],
    ['claimed by what died', { attempts: 1, leasedUntil: NOW }, {}, 'retrying', NOW],
    ['of a stopped sink', {}, { state: 'stopped' }, 'sink stopped', null],
    [
      'on its way to a sink that has stopped',
      { leasedUntil: later },
      { state: 'stopped' },
      'on its way',
      null,
    ],
    ['of a paused sink', {}, { pausedUntil: later }, 'sink paused', later],
    ['dead at a stopped sink', { state: 'dead' }, { state: 'stopped' }, 'dead', null],
  ])('%s', (_, changes, current, state, nextAt) => {
    expect(deliveryStatus(delivery(changes), backlog(current), NOW)).toEqual({ state, nextAt });
  });
});

function row(changes: Partial<DeliveryRecord> = {}, group: Partial<DeliveryGroup> = {}): OutboxRow {
  const only = delivery(changes);
  const { sink, state, lastReason: reason } = only;
  return {
    group: {
      sink,
      state,
      reason,
      count: 1,
      stream: only.stream,
      oldestAt: only.settledAt ?? only.queuedAt,
      ...group,
    },
    deliveries: [only],
  };
}

describe('the table', () => {
  const around = { backlog: [backlog()], now: NOW, width: 80 };

  test('says what was not delivered, of which run, since when and why', () => {
    const labelled = { ...matched(), label: 'week-47' };
    const failed = { attempts: 7, lastReason: 'HTTP 503', nextAttemptAt: NOW + 300_000 };
    expect(
      outboxTable(
        [
          row({
            state: 'dead',
            attempts: 1,
            lastReason: 'HTTP 400',
            settledAt: NOW - 720_000,
            event: labelled,
          }),
          row(failed),
          row({}),
        ],
        around,
      ),
    ).toEqual([
      'DELIVERY          STATE     AGE     WHAT            RUN',
      'crm/evt_01234567  dead      12 min  Northwind Labs  week-47',
      '    HTTP 400 (1 try)',
      'crm/evt_01234567  retrying  1 min   Northwind Labs  a',
      '    HTTP 503 (7 tries); next try in 5 min',
      'crm/evt_01234567  pending   1 min   Northwind Labs  a',
    ]);
  });

  test('counts what failed alike', () => {
    const alike = row(
      { state: 'dead', attempts: 3, lastReason: 'HTTP 400' },
      { count: 5000, stream: null, oldestAt: NOW - 86_400_000 },
    );
    expect(outboxTable([alike], around).slice(1)).toEqual([
      'crm (5000)  dead   1 d  Northwind Labs and 4999 more  several',
      '    HTTP 400 (3 tries)',
    ]);
  });

  test('says no reason of a time before it was redelivered', () => {
    const again = row({ attempts: 0, lastReason: 'of a time before' });
    expect(outboxTable([again], around)).toHaveLength(2);
  });

  test('stays within 80 columns with the longest words', () => {
    const event = {
      ...matched({ name: 'The Northern Energy Storage Company of the East' }),
      label: 'x'.repeat(60),
    };
    const held = { heldBy: 'quiet', nextAttemptAt: NOW + 86_340_000, attempts: 9999 } as const;
    const lines = outboxTable([row({ ...held, event, lastReason: 'HTTP '.repeat(40) })], around);
    expect(lines[1]).toMatch(/^crm\/evt_01234567 {2}held: quiet {2}1 min {2}The North.+… {2}xxx/);
    expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
  });

  test.each(Object.entries(HOSTILE))('shows %s harmless', (_, text) => {
    const event = { ...matched({ name: text }), label: text };
    const lines = outboxTable([row({ state: 'dead', attempts: 1, lastReason: text, event })], around);
    expect(lines.filter((line) => HARMFUL.test(withoutJoiners(line)))).toEqual([]);
    expect(lines.filter((line) => displayWidth(line) > 80)).toEqual([]);
    expect(HARMFUL.test(withoutJoiners(backlogText(backlog({ state: 'failing', reason: text }), NOW)))).toBe(
      false,
    );
  });
});

describe('the story of an event', () => {
  const attempt = (changes: Partial<JournalEntry> = {}): JournalEntry =>
    ({
      ...{ at: NOW, count: 1, kind: 'retry', attempt: 1, claimedAt: NOW, waitedMs: 0, waitedFor: 'turn' },
      ...{ reason: 'HTTP 503', nextAttemptAt: NOW + 5000 },
      ...changes,
    }) as JournalEntry;

  function story(journal: JournalEntry[], changes: Partial<EventTrace> = {}, width = Infinity): string {
    const trace: EventTrace = {
      ...{ event: matched(), json: jsonText(matched()), recordedAt: NOW, skipped: [] },
      deliveries: [{ delivery: delivery({ state: 'delivered' }), journal }],
      ...changes,
    };
    return traceLines(trace, { sinks: [], backlog: [], now: NOW }, { ...PLAIN, width }).join('\n');
  }

  test('puts together what repeats, and nothing else', () => {
    const folded = foldJournal([
      attempt(),
      attempt({ attempt: 2 }),
      attempt({ attempt: 3, reason: 'HTTP 500' }),
      { kind: 'redelivered', at: NOW, count: 1 },
      { kind: 'redelivered', at: NOW, count: 1 },
      { kind: 'held', because: 'group', until: NOW, at: NOW, count: 1 },
      { kind: 'held', because: 'quiet', until: NOW, at: NOW, count: 1 },
    ]);
    expect(folded.map(({ times }) => times)).toEqual([2, 1, 2, 1, 1]);
  });

  test('shows attempts, groups, waiting and what was done by hand', () => {
    const text = story([
      { kind: 'held', because: 'quiet', until: NOW + 1000, at: NOW, count: 3 },
      attempt({ kind: 'split', count: 3, reason: 'HTTP 400' }),
      attempt({ attempt: 2, waitedMs: 3000, waitedFor: 'rate' }),
      attempt({ kind: 'released', attempt: 3, reason: null }),
      attempt({ kind: 'dead', attempt: 3, reason: 'HTTP 400', waitedMs: 2000 }),
      { kind: 'redelivered', at: NOW, count: 1 },
      attempt({ kind: 'delivered', reason: null, count: 2, waitedMs: 60_000 }),
    ]);
    expect(text.split('\n').slice(3)).toEqual([
      '  sink crm: delivered',
      '    2026-01-01T12:00:00Z  pending',
      '    2026-01-01T12:00:00Z  held by quiet hours until 2026-01-01T12:00:01Z',
      '    2026-01-01T12:00:00Z  attempt 1: rejected as a group, so sent again in halves (HTTP 400), with 2 others in one message',
      "    2026-01-01T12:00:00Z  attempt 2: HTTP 503; next 2026-01-01T12:00:05Z, after 3 s of waiting for the sink's rate",
      '    2026-01-01T12:00:00Z  attempt 3: interrupted by the stop of the program, not counted',
      '    2026-01-01T12:00:00Z  attempt 3: dead: HTTP 400, after 2 s of waiting for a free slot',
      '    2026-01-01T12:00:00Z  redelivered by hand',
      '    2026-01-01T12:00:00Z  attempt 1: delivered, with 1 other in one message',
    ]);
  });

  test('says of a sink that was skipped and replayed to both', () => {
    const skipped = [{ sink: 'crm', why: 'its runs do not include this one' }];
    const text = story([{ kind: 'replayed', at: NOW, count: 1 }], { skipped });
    expect(text).toMatch(/ {2}skipped: its runs do not include this one\n {4}\S+ {2}replayed by hand$/);
    expect(text).not.toContain('pending');
  });

  test.each(Object.entries(HOSTILE))('shows %s harmless', (_, text) => {
    const event = { ...matched({ name: text, reasoning: text }), label: text };
    const lines = story([attempt({ reason: text })], { event }, 80).split('\n');
    expect(lines.filter((line) => HARMFUL.test(withoutJoiners(line)))).toEqual([]);
    // A word that is longer than a line stays whole.
    const long = lines.filter((line) => displayWidth(line) > 80 && /\s\S+\s/.test(line.trim()));
    expect(long.filter((line) => line.trim().split(' ').length > 2)).toEqual([]);
  });
});
