/** Events that never happened, in the documented shape, for trying a sink out. */
import { EVENT_KINDS } from '../../events/catalogue.ts';
import { SAMPLE_RUN } from '../../events/sample-content.ts';
import type { EventType, RunEvent } from '../../run-event.ts';

/** A sample of `type` at `now`, labelled "test". No recorded event has such an id: those are hex digits throughout. */
export function sampleEvent(type: EventType, { unique, now }: { unique: string; now: number }): RunEvent {
  const isOfNoRun = type.startsWith('findall.key.') || type.startsWith('findall.sink.');
  const frame = {
    id: `evt_test_${unique.replaceAll(/[^0-9a-f]/g, '')}`,
    type,
    sequence: 1,
    timestamp: new Date(now).toISOString(),
    findall_id: isOfNoRun ? null : SAMPLE_RUN,
    episode: type === 'findall.run.reactivated' ? 2 : 1,
    label: isOfNoRun ? null : 'test',
    metadata: isOfNoRun ? null : {},
  };
  // The catalogue has the content that goes with the type.
  return { ...frame, ...EVENT_KINDS[type].sample(now) } as RunEvent;
}
