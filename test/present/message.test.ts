import { describe, expect, it } from 'vitest';
import { draftSinkEvent } from '../../src/diff/event.ts';
import type { RunEvent } from '../../src/model.ts';
import { composeMessage } from '../../src/present/message.ts';
import { noticeText } from '../../src/present/notice-text.ts';
import { fitMessage } from '../../src/present/fit-message.ts';
import { candidateEvent, describedCandidate, endingEvent, noticeEvent } from '../deliver/sample-events.ts';

function sinkEvent(kind: 'failing' | 'stopped'): RunEvent {
  const data = { reason: 'HTTP 410' };
  const { stream: _, candidateId: __, ...fields } = draftSinkEvent(`findall.sink.${kind}`, 'crm', 1, data);
  return { ...fields, sequence: 1, timestamp: '2026-02-01T08:00:00.000Z' };
}

describe('a message', () => {
  it('of one update names whom it is about', () => {
    const { headline } = composeMessage([candidateEvent('retracted')], 20);
    expect(headline).toBe('Lighthouse c1: no longer a match (lights)');
  });

  it.each<[string, [RunEvent, ...RunEvent[]], string, string]>([
    [
      'an ending that was taken back',
      [endingEvent('completed'), noticeEvent('reactivated')],
      'active again (episode 1) (lights)',
      'news',
    ],
    [
      'a failure that was taken back, with a match after it',
      [endingEvent('failed'), noticeEvent('reactivated'), candidateEvent('matched')],
      'Lighthouse c1 matches, active again (episode 1) (lights)',
      'news',
    ],
    [
      'a match that was taken back',
      [candidateEvent('matched'), candidateEvent('retracted')],
      'Lighthouse c1: no longer a match (lights)',
      'warning',
    ],
    [
      'a match that came back',
      [candidateEvent('retracted'), candidateEvent('matched')],
      'Lighthouse c1 matches again (lights)',
      'news',
    ],
    [
      'a match with what it was enriched by',
      [candidateEvent('matched'), candidateEvent('enriched')],
      'Lighthouse c1 matches (lights)',
      'news',
    ],
    [
      'two matches of which one was taken back',
      [
        candidateEvent('matched'),
        candidateEvent('matched', describedCandidate('c2')),
        candidateEvent('retracted'),
      ],
      'Lighthouse c2 matches, Lighthouse c1: no longer a match (lights)',
      'warning',
    ],
  ])('of %s says what stands at the end', (_, events, headline, tone) => {
    expect(composeMessage(events, 20)).toMatchObject({ headline, tone });
  });

  it('tells the ending that was taken back as a notice, before what took it back', () => {
    const { ending, notices } = composeMessage([endingEvent('completed'), noticeEvent('reactivated')], 20);
    expect(ending).toBeNull();
    expect(notices).toEqual(['completed: match_limit_met', 'active again (episode 1)']);
  });

  it('of trouble that is over alarms nobody; of trouble that came back it does', () => {
    const [degraded, recovered] = [noticeEvent('degraded'), noticeEvent('recovered')];
    expect(composeMessage([degraded, recovered], 20).tone).toBe('news');
    expect(composeMessage([degraded, recovered, degraded], 20).tone).toBe('warning');
  });

  it('gives no reasons to match beneath a retraction', () => {
    const [retracted, matched] = [candidateEvent('retracted'), candidateEvent('matched')];
    const fitted = fitMessage(
      composeMessage([retracted, matched], 20),
      (message) => message,
      () => true,
    );
    expect(fitted.items.map((item) => 'findings' in item && item.findings.length > 0)).toEqual([false, true]);
  });
});

it('a notice about a sink says what to do next', () => {
  expect(noticeText(sinkEvent('failing'))).toContain('findall-watch outbox --sink crm');
  expect(noticeText(sinkEvent('stopped'))).toContain('mend it, then: findall-watch redeliver --sink crm');
});
