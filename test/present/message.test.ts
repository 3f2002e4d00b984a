import { describe, expect, it } from 'vitest';
import { draftSinkEvent } from '../../src/diff/event.ts';
import type { RunEvent } from '../../src/model.ts';
import { composeMessage } from '../../src/present/message.ts';
import { noticeText } from '../../src/present/notice-text.ts';
import { fitMessage } from '../../src/present/fit-message.ts';
import { candidateEvent, noticeEvent } from '../deliver/sample-events.ts';

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
