import { describe, expect, it } from 'vitest';
import { DEFAULT_EVENTS, EVENT_TYPES } from '../../src/config/event-patterns.ts';
import { createSubscriptions } from '../../src/deliver/subscriptions.ts';
import type { EventType } from '../../src/model.ts';

function covered(...events: string[]): EventType[] {
  const sinksFor = createSubscriptions([{ name: 'crm', events }]);
  return EVENT_TYPES.filter((type) => sinksFor({ type }).length > 0);
}

describe('a sink that subscribes to', () => {
  it('an exact type gets that and no other', () => {
    expect(covered('findall.candidate.matched')).toEqual(['findall.candidate.matched']);
  });

  it('a family gets all of it and nothing else', () => {
    expect(covered('findall.watch.*')).toEqual([
      'findall.watch.degraded',
      'findall.watch.recovered',
      'findall.watch.gone',
      'findall.watch.expired',
    ]);
  });

  it('everything gets everything', () => {
    expect(covered('findall.*')).toEqual(EVENT_TYPES);
  });

  it('nothing gets nothing', () => {
    expect(covered()).toEqual([]);
  });

  it('the default gets what somebody waits for, and not the steps in between', () => {
    const steps = ['candidate.generated', 'candidate.unmatched', 'candidate.discarded', 'run.status'];
    const silent = new Set(steps.map((step) => `findall.${step}`));
    expect(covered(...DEFAULT_EVENTS)).toEqual(EVENT_TYPES.filter((type) => !silent.has(type)));
  });
});

describe('an event', () => {
  it('is owed to every sink that wants it, once, in the order of configuration', () => {
    const sinksFor = createSubscriptions([
      { name: 'zoo', events: ['findall.run.*', 'findall.run.failed'] },
      { name: 'log', events: ['findall.candidate.*'] },
      { name: 'all', events: ['findall.*'] },
    ]);
    expect(sinksFor({ type: 'findall.run.failed' })).toEqual(['zoo', 'all']);
    expect(sinksFor({ type: 'findall.candidate.matched' })).toEqual(['log', 'all']);
    expect(sinksFor({ type: 'findall.key.blocked' })).toEqual(['all']);
  });
});
