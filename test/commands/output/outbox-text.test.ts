import { describe, expect, test } from 'vitest';
import type {
  DeliveryRecord,
  EventTrace,
  JournalEntry,
  SinkBacklog,
} from '../../../src/record/outbox-operations.ts';
import { PLAIN } from '../../../src/commands/output/layout.ts';
import {
  backlogText,
  deliveryStatus,
  deliveryTable,
  remedyText,
} from '../../../src/commands/output/outbox-text.ts';
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
    ...{ type: 'findall.run.action_required', state: 'pending', attempts: 0, queuedAt: NOW - 60_000 },
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

describe('the table', () => {
  test('stays within 80 columns with the longest words', () => {
    const long = delivery({ heldBy: 'quiet', nextAttemptAt: NOW + 86_340_000, attempts: 9999 });
    const lines = deliveryTable([long], [backlog()], { now: NOW, width: 80 });
    expect(lines[1]).toBe('crm/evt_01234567  run.action_required  held: quiet  9999   in 23 h 59 min');
  });

  test('says a reason once for deliveries of a sink that share it', () => {
    const failed = { attempts: 1, lastReason: 'HTTP 503' };
    const deliveries = [
      delivery(failed),
      delivery({ ...failed, sequence: 2 }),
      delivery({ sink: 'ops', ...failed }),
      delivery({ sink: 'ops', attempts: 0, lastReason: 'of a time before it was redelivered' }),
    ];
    const lines = deliveryTable(deliveries, [], { now: NOW, width: 80 });
    expect(lines.slice(1).map((line) => line.trim().split(' ')[0])).toEqual([
      ...['crm/evt_01234567', 'HTTP', 'crm/evt_01234567', 'ops/evt_01234567', 'HTTP', 'ops/evt_01234567'],
    ]);
  });

  test.each(Object.entries(HOSTILE))('shows %s harmless', (_, text) => {
    const dead = delivery({ state: 'dead', attempts: 1, lastReason: text });
    const lines = deliveryTable([dead], [], { now: NOW, width: 80 });
    expect(lines.filter((line) => HARMFUL.test(withoutJoiners(line)))).toEqual([]);
    expect(lines.filter((line) => Array.from(line).length > 80)).toEqual([]);
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
