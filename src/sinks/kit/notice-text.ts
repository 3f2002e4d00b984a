import type { EventType, RunEvent } from '../../model.ts';
import { cleanText } from '../../text/clean-text.ts';

const NOTICES: Readonly<Partial<Record<EventType, (event: RunEvent, reason: string) => string>>> = {
  'findall.run.action_required': () => 'action required: the run is halted until somebody acts on it',
  'findall.run.reactivated': ({ episode }) => `active again (episode ${episode})`,
  'findall.run.status': (event) => `status ${statusOf(event)}`,
  'findall.watch.degraded': (_, reason) => `watching is in trouble${reason}`,
  'findall.watch.recovered': () => 'watching works again',
  'findall.watch.gone': (_, reason) => `the API does not know this run${reason}; it is no longer watched`,
  'findall.watch.expired': () => 'watched for as long as poll.maxWatch allows; the run itself goes on',
  'findall.key.blocked': (_, reason) =>
    `the API key is refused${reason}; no run is watched until it is accepted`,
  'findall.key.restored': () => 'the API key is accepted again',
  'findall.sink.failing': (event, reason) =>
    `${sinkOf(event)} cannot be told${reason}; it is tried on, see: findall-watch outbox --sink ${nameOf(event)}`,
  'findall.sink.stopped': (event, reason) =>
    `${sinkOf(event)} has stopped${reason}; mend it, then: findall-watch redeliver --sink ${nameOf(event)}`,
  'findall.sink.recovered': (event) => `${sinkOf(event)} recovered${becauseOf(event)}`,
};

/** What an event that is neither a candidate's nor an ending says, in one line. */
export function noticeText(event: RunEvent): string {
  const reason = typeof event.data.reason === 'string' ? `: ${cleanText(event.data.reason, 200)}` : '';
  return NOTICES[event.type]?.(event, reason) ?? event.type;
}

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

function statusOf(event: RunEvent): string {
  const status = event.data.status as { status?: unknown } | undefined;
  return typeof status?.status === 'string' ? cleanText(status.status, 40) : 'unknown';
}
