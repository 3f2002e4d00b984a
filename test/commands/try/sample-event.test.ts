import { describe, expect, test } from 'vitest';
import { sampleEvent } from '../../../src/commands/try/sample-event.ts';
import { EVENT_TYPES } from '../../../src/events/catalogue.ts';
import { createSubscriptions } from '../../../src/declaration/subscriptions.ts';
import { headlineOf } from '../../../src/sinks/kit/headline.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const sample = (type: (typeof EVENT_TYPES)[number]) =>
  sampleEvent(type, { unique: '0b8f6d2e-3c41-4f7a-9d55-1c2f3a4b5c6d', now: NOW });

describe.each(EVENT_TYPES)('a sample of %s', (type) => {
  test('has an id that no recorded event can have', () => {
    expect(sample(type).id).toBe('evt_test_0b8f6d2e3c414f7a9d551c2f3a4b5c6d');
    expect(sample(type).id).not.toMatch(/^evt_[0-9a-f]{32}$/);
  });

  test('has the documented shape', () => {
    const event = sample(type);
    const isOfRun = !/^findall\.(?:key|sink)\./.test(type);
    expect(event).toMatchObject({
      ...{ type, sequence: 1, timestamp: '2026-01-01T12:00:00.000Z' },
      label: isOfRun ? 'test' : null,
    });
    expect(/^findall_[0-9a-f]{32}$/.test(String(event.findall_id))).toBe(isOfRun);
    const isCandidate = type.startsWith('findall.candidate.');
    expect(event.data.findall_id === event.findall_id || !isCandidate).toBe(true);
    expect(typeof event.data.match_status).toBe(isCandidate ? 'string' : 'undefined');
    expect(event.summary !== undefined).toBe(
      /^findall\.run\.(?:completed|failed|cancelled|ended)$/.test(type),
    );
  });

  test('says something to people, and passes the strictest filter of a sink', () => {
    const event = sample(type);
    expect(headlineOf('run', [event]).length).toBeGreaterThan(5);
    const wish = {
      name: 'any',
      events: [type],
      runs: null,
      minConfidence: 'medium',
      unknownConfidence: 'pass',
    } as const;
    expect(createSubscriptions([wish])(event).sinks).toEqual(['any']);
  });
});
