import type { RunEvent } from '../run-event.ts';
import { cleanText } from '../text/clean-text.ts';
import type { NoticeKind } from './event-kind.ts';
import { MINUTE_MS, SAMPLE_RUN, sampleSince } from './sample-content.ts';

/** What happens to the watch of a run, to the key and to sinks, by type. */
export const WATCH_EVENTS = {
  'findall.watch.degraded': {
    means: 'a run could not be read for `poll.degradedAfter`',
    isDefault: true,
    logMessage: 'watch degraded',
    ...{ tone: 'warning', mark: '!', style: ['yellow'] },
    notice: (_, reason) => `the run cannot be read${reason}`,
    sample: (now) => ({
      data: { findall_id: SAMPLE_RUN, since: sampleSince(now), reason: 'HTTP 503', failures: 12 },
    }),
  },
  'findall.watch.recovered': {
    means: 'the run can be read again',
    isDefault: true,
    logMessage: 'watch recovered',
    ...{ tone: 'news', mark: '!', style: ['green'] },
    ends: ['findall.watch.degraded'],
    notice: () => 'the run can be read again',
    sample: (now) => ({
      data: { findall_id: SAMPLE_RUN, since: sampleSince(now), lasted_ms: 6 * MINUTE_MS },
    }),
  },
  'findall.watch.gone': {
    means: 'the API denied the run three times in a row; it is not watched any more',
    isDefault: true,
    logMessage: 'run gone',
    ...{ tone: 'alarm', mark: '!', style: ['red', 'bold'] },
    notice: (_, reason) => `the API does not know this run${reason}; it is no longer watched`,
    sample: () => ({ data: { findall_id: SAMPLE_RUN, reason: 'HTTP 404', denials: 3 } }),
  },
  'findall.watch.expired': {
    means: 'the run was watched for `poll.maxWatch` and is not watched any more',
    isDefault: true,
    logMessage: 'watch expired',
    ...{ tone: 'warning', mark: '!', style: ['yellow', 'bold'] },
    notice: () => 'watched for as long as poll.maxWatch allows; the run itself goes on',
    sample: () => ({ data: { findall_id: SAMPLE_RUN, watched_ms: 7 * 24 * 60 * MINUTE_MS } }),
  },
  'findall.key.blocked': {
    means: 'the API refused the key twice; no run is polled',
    isDefault: true,
    logMessage: 'key blocked',
    ...{ tone: 'alarm', mark: '!', style: ['red', 'bold'] },
    notice: (_, reason) => `the API key is refused${reason}; no run is watched until it is accepted`,
    sample: () => ({ data: { status: 401, reason: 'HTTP 401: Invalid API key' } }),
  },
  'findall.key.restored': {
    means: 'the API accepts the key again',
    isDefault: true,
    logMessage: 'key restored',
    ...{ tone: 'news', mark: '!', style: ['green'] },
    ends: ['findall.key.blocked'],
    notice: () => 'the API key is accepted again',
    sample: () => ({ data: {} }),
  },
  'findall.sink.failing': {
    means: 'another sink has failed for its `retry.alertAfter`; its deliveries are kept and tried again',
    isDefault: true,
    logMessage: 'sink failing',
    ...{ tone: 'warning', mark: '!', style: ['yellow'] },
    notice: (event, reason) =>
      `${sinkOf(event)} is failing${reason}; its deliveries are kept and tried again, see: findall-watch outbox --sink ${nameOf(event)}`,
    sample: (now) => ({
      data: {
        sink: 'sample',
        reason: 'HTTP 503',
        since: sampleSince(now),
        failing_for_ms: 6 * MINUTE_MS,
      },
    }),
  },
  'findall.sink.stopped': {
    means:
      'the receiver of another sink asked for no more deliveries; they are kept until the sink is resumed',
    isDefault: true,
    logMessage: 'sink stopped',
    ...{ tone: 'alarm', mark: '!', style: ['red', 'bold'] },
    notice: (event, reason) =>
      `${sinkOf(event)} has stopped${reason}; fix it, then: findall-watch redeliver --sink ${nameOf(event)}`,
    sample: () => ({
      data: { sink: 'sample', reason: 'HTTP 410: the receiver asked for no more deliveries' },
    }),
  },
  'findall.sink.recovered': {
    means: 'no failed delivery of the sink is pending any more, or it was resumed',
    isDefault: true,
    logMessage: 'sink recovered',
    ...{ tone: 'news', mark: '!', style: ['green'] },
    ends: ['findall.sink.failing', 'findall.sink.stopped'],
    notice: (event) => `${sinkOf(event)} recovered${becauseOf(event)}`,
    sample: (now) => ({
      data: {
        sink: 'sample',
        because: 'delivered',
        since: sampleSince(now),
        lasted_ms: 6 * MINUTE_MS,
      },
    }),
  },
} as const satisfies Record<`findall.${'watch' | 'key' | 'sink'}.${string}`, NoticeKind>;

/** What ended the failure of a sink. */
const BECAUSE: Readonly<Record<string, string>> = {
  delivered: 'its failed deliveries were delivered',
  dead: 'its failed deliveries are dead',
  split: 'it answers again and rejected a group',
  dropped: 'its failed deliveries were dropped',
  superseded: 'its failed deliveries were superseded',
  settled: 'no failed delivery is pending',
  resumed: 'it was resumed',
  undeclared: 'it is no longer declared',
};

function becauseOf({ data: { because } }: RunEvent): string {
  const words = typeof because === 'string' ? BECAUSE[because] : undefined;
  return words === undefined ? '' : `: ${words}`;
}

function sinkOf(event: RunEvent): string {
  return `sink ${nameOf(event)}`;
}

function nameOf({ data }: RunEvent): string {
  return typeof data.sink === 'string' ? cleanText(data.sink, 100) : 'unknown';
}
