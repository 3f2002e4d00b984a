import type { EventType } from '../../model.ts';

/** Every event type once: the compiler refuses this table when a type is missing or invented. */
const KNOWN: Readonly<Record<EventType, true>> = {
  'findall.candidate.matched': true,
  'findall.candidate.enriched': true,
  'findall.candidate.retracted': true,
  'findall.candidate.generated': true,
  'findall.candidate.unmatched': true,
  'findall.candidate.discarded': true,
  'findall.run.completed': true,
  'findall.run.failed': true,
  'findall.run.cancelled': true,
  'findall.run.ended': true,
  'findall.run.action_required': true,
  'findall.run.reactivated': true,
  'findall.run.status': true,
  'findall.watch.degraded': true,
  'findall.watch.recovered': true,
  'findall.watch.gone': true,
  'findall.watch.expired': true,
  'findall.key.blocked': true,
  'findall.key.restored': true,
  'findall.sink.failing': true,
  'findall.sink.stopped': true,
  'findall.sink.recovered': true,
};

/** Every event type there is. */
export const EVENT_TYPES = Object.keys(KNOWN) as readonly EventType[];

/** What a sink may subscribe to: every exact type, and every `prefix.*` that fits at least one type. */
export const EVENT_PATTERNS: readonly string[] = [...EVENT_TYPES, ...familiesOf(EVENT_TYPES)];

/** What a sink gets when it does not say: what somebody waits for, without the steps in between. */
export const DEFAULT_EVENTS: readonly string[] = [
  'findall.candidate.matched',
  'findall.candidate.enriched',
  'findall.candidate.retracted',
  'findall.run.completed',
  'findall.run.failed',
  'findall.run.cancelled',
  'findall.run.ended',
  'findall.run.action_required',
  'findall.run.reactivated',
  'findall.watch.*',
  'findall.key.*',
  'findall.sink.*',
];

function familiesOf(types: readonly string[]): string[] {
  const prefixes = types.flatMap((type) => {
    const words = type.split('.');
    return words.slice(1).map((_, end) => `${words.slice(0, end + 1).join('.')}.*`);
  });
  return [...new Set(prefixes)];
}
