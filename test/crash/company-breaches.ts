/** What must hold where a second daemon with one sink more, `extra`, and a follow are on the store too. */
import type { RunEvent } from '../../src/run-event.ts';
import type { EventTrace } from '../../src/record/outbox-operations.ts';
import type { Store } from '../../src/record/store.ts';
import type { ReceivedDelivery } from '../support/servers/receiver.ts';

/** What is known of the company that the daemons of a campaign had. */
export interface Company {
  recorded: readonly RunEvent[];
  traces: readonly EventTrace[];
  /** What reached the sink that only one configuration has. */
  extra: readonly ReceivedDelivery[];
  /** What reached the webhook in the environment of the follows. */
  unwanted: readonly ReceivedDelivery[];
  companions: { shown: readonly RunEvent[] };
}

/** Of each event what the store has recorded of its deliveries; one look at a time, since a pool of connections is small. */
export async function tracesOf(
  store: Pick<Store, 'traceEvent'>,
  events: readonly RunEvent[],
): Promise<EventTrace[]> {
  const traces: EventTrace[] = [];
  for (const { id } of events) {
    const trace = await store.traceEvent(id);
    if (trace !== null) traces.push(trace);
  }
  return traces;
}

/** Breaches of the rules for several configurations on one store, in words. `everywhere`: the sinks that all declare. */
export function companyBreaches(company: Company, everywhere: readonly string[]): string[] {
  return [
    ...unaccounted(company, everywhere),
    ...undeclared(company),
    ...company.unwanted.map(({ id }) => `${id} reached the webhook of a follow`),
    ...inventedByFollow(company),
  ];
}

/** Every event was delivered to every sink that all configurations have, or there is a recorded reason why it was not. */
function unaccounted({ recorded, traces }: Company, everywhere: readonly string[]): string[] {
  const untraced = recorded.length - traces.length;
  return [
    ...(untraced === 0 ? [] : [`${untraced} recorded events have no trace`]),
    ...traces.flatMap(({ event, deliveries, skipped }) =>
      everywhere.flatMap((sink) => {
        const found = deliveries.find(({ delivery }) => delivery.sink === sink);
        if (found?.delivery.state === 'delivered') return [];
        if (found) return [`${event.id} is ${found.delivery.state} for ${sink}`];
        return skipped.some((each) => each.sink === sink)
          ? []
          : [`${event.id} has neither a delivery to ${sink} nor a reason`];
      }),
    ),
  ];
}

/** The extra sink got what was queued for it, as recorded, and nothing else. */
function undeclared({ traces, extra }: Company): string[] {
  const queued = new Map(
    traces.flatMap(({ event, deliveries }) =>
      deliveries
        .filter(({ delivery }) => delivery.sink === 'extra')
        .map(({ delivery }) => [event.id, { event, state: delivery.state }] as const),
    ),
  );
  const arrived = new Set(extra.filter(({ accepted }) => accepted).map(({ id }) => id));
  const odd = extra.filter(({ id, text }) => text !== JSON.stringify(queued.get(id)?.event));
  const lost = [...queued].filter(([id, { state }]) => state === 'delivered' && !arrived.has(id));
  return [
    ...odd.map(({ id }) => `${id} reached extra and was not queued for it as it arrived`),
    ...lost.map(([id]) => `${id} is recorded as delivered to extra and never reached it`),
  ];
}

/** A follow shows what is recorded. */
function inventedByFollow({ recorded, companions }: Company): string[] {
  const known = new Set(recorded.map((event) => JSON.stringify(event)));
  return companions.shown
    .filter((event) => !known.has(JSON.stringify(event)))
    .map(({ id }) => `${id} was shown by a follow and is not recorded`);
}

/**
 * How often the declaration in force changed between two recorded events: those decided by the second configuration name
 * `extra`, among the deliveries or among the reasons.
 */
export function changesOfDeclaration({ traces }: Pick<Company, 'traces'>): number {
  const isOther = traces.map(
    ({ deliveries, skipped }) =>
      deliveries.some(({ delivery }) => delivery.sink === 'extra') ||
      skipped.some(({ sink }) => sink === 'extra'),
  );
  return isOther.filter((other, index) => index > 0 && other !== isOther[index - 1]).length;
}
