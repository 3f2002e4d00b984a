import { describe, expect, it } from 'vitest';
import { judgeSink, type SinkJudgement } from '../../src/deliver/judge-sink.ts';
import type { SinkStanding } from '../../src/record/outbox.ts';

const NOW = Date.UTC(2026, 9, 1, 12);
const TELL_AFTER = 300_000;
const RUNNING: SinkStanding = { state: 'running', episode: 3, since: null, told: null };
const retry = { kind: 'retry', reason: 'HTTP 503' } as const;

function failingFor(ms: number, told: SinkStanding['told'] = null): SinkStanding {
  return { state: 'failing', episode: 3, since: NOW - ms, told };
}

function judge(standing: SinkStanding, outcome: SinkJudgement['outcome']) {
  return judgeSink({
    ...{ sink: 'crm', standing, outcome, tellAfterMs: TELL_AFTER, now: NOW },
    addresseesOf: () => ({ sinks: ['log', 'crm', 'ops'], passedOver: [{ sink: 'mail', why: 'no' }] }),
  });
}

describe('what an attempt says about its sink', () => {
  it('nothing, while all goes well', () => {
    expect(judge(RUNNING, { kind: 'delivered' })).toBeNull();
  });

  it('a first failure begins an episode that nobody is told of yet', () => {
    expect(judge(RUNNING, retry)).toEqual({ kind: 'failing', episode: 3, reason: 'HTTP 503', event: null });
  });

  it.each([TELL_AFTER - 1, 0])('nothing new while it has failed for %i ms', (ms) => {
    expect(judge(failingFor(ms), retry)).toBeNull();
  });

  it('that it is failing, once it has failed for long enough, with since when and why', () => {
    expect(judge(failingFor(TELL_AFTER), retry)).toMatchObject({
      kind: 'failing',
      event: {
        draft: {
          type: 'findall.sink.failing',
          stream: 'sink/crm',
          episode: 3,
          findall_id: null,
          data: {
            sink: 'crm',
            reason: 'HTTP 503',
            since: '2026-10-01T11:55:00.000Z',
            failing_for_ms: TELL_AFTER,
          },
        },
      },
    });
  });

  it('to all that want to hear it but itself', () => {
    expect(judge(failingFor(TELL_AFTER), retry)).toMatchObject({
      event: {
        sinks: ['log', 'ops'],
        passedOver: [
          { sink: 'mail', why: 'no' },
          { sink: 'crm', why: 'it is about this sink' },
        ],
      },
    });
  });

  it('nothing new when that is told', () => {
    expect(judge(failingFor(9 * TELL_AFTER, 'failing'), retry)).toBeNull();
  });

  it('that it is told again, with how long it was not', () => {
    expect(judge(failingFor(1000, 'failing'), { kind: 'delivered' })).toMatchObject({
      kind: 'recovered',
      event: { draft: { type: 'findall.sink.recovered', data: { lasted_ms: 1000 } } },
    });
  });

  it('that it wants nothing more, at once', () => {
    expect(judge(RUNNING, { kind: 'stopped', reason: 'HTTP 410' })).toMatchObject({
      kind: 'stopped',
      event: { draft: { type: 'findall.sink.stopped', data: { reason: 'HTTP 410' } } },
    });
  });

  it.each([{ kind: 'rejected', reason: 'HTTP 400' } as const, { kind: 'cut-off' } as const])(
    'nothing by $kind: the sink did answer, or was not asked to the end',
    (outcome) => {
      expect(judge(failingFor(TELL_AFTER), outcome)).toBeNull();
    },
  );

  it('the same trouble always has the same id, the next one another', () => {
    const idOf = (episode: number) => {
      const change = judge({ ...failingFor(TELL_AFTER), episode }, retry);
      return change?.event?.draft.id;
    };
    expect(idOf(3)).toBe(idOf(3));
    expect(idOf(4)).not.toBe(idOf(3));
  });
});
