import type { RunEvent } from '../../src/run-event.ts';
import { impliedBy } from '../../src/simulator/scenario/implied.ts';
import type { Scenario } from '../../src/simulator/scenario/scenario.ts';
import type { ReceivedDelivery } from '../support/servers/receiver.ts';
import type { Campaign } from './campaign.ts';
import { companyBreaches } from './company-breaches.ts';
import { paceBreaches, streamOf } from './pace-breaches.ts';
import { peopleBreaches } from './people-breaches.ts';

/** Longest time between "accepted" and "settled" in which a death explains a repetition. */
const SETTLING_MS = 5000;

/** Every breach of the promise in a campaign, in words; none is what we want. */
export function breaches(campaign: Campaign): string[] {
  return [
    ...campaign.scenarios.flatMap((scenario) => missing(scenario, campaign)),
    ...undelivered(campaign),
    ...[campaign.deliveries, campaign.paced].flatMap((deliveries) => [
      ...disorder(deliveries),
      ...unexplainedRepetitions(deliveries, deathsOf(campaign)),
    ]),
    ...disorder(campaign.extra),
    ...unexplainedRepetitions(campaign.extra, asFaults(campaign.companions.deathsAt)),
    ...companyBreaches(campaign, ['hook', 'paced', 'log', 'batch', 'people']),
    ...paceBreaches(campaign),
    ...peopleBreaches(campaign),
    ...underAnotherId(campaign),
    ...gaps(campaign),
    ...(campaign.maxOverlap > 1 ? [`${campaign.maxOverlap} polls of one run at once`] : []),
    ...(campaign.lastExit.code === 0
      ? []
      : [`the last daemon ended with ${JSON.stringify(campaign.lastExit)}`]),
  ];
}

/** Of every process that delivers. */
function deathsOf({ deathsAt, companions }: Campaign): Fault[] {
  return asFaults([...deathsAt, ...companions.deathsAt].toSorted((a, b) => a - b));
}

function asFaults(deathsAt: readonly number[]): Fault[] {
  return deathsAt.map((at) => ({ kind: 'death', from: at, to: at }));
}

/** What the API showed and nobody reported. */
export function missing(scenario: Scenario, { deliveries }: Pick<Campaign, 'deliveries'>): string[] {
  const implied = impliedBy(scenario);
  const reported = acceptedEvents(deliveries).filter((event) => event.findall_id === scenario.findallId);
  const matched = new Set(
    reported
      .filter((event) => event.type === 'findall.candidate.matched')
      .map((event) => event.data.candidate_id),
  );
  const lost = implied.matched.filter((id) => !matched.has(id)).map((id) => `match ${id} was never reported`);
  const invented = [...matched].filter((id) => !implied.everMatched.includes(String(id)));
  const ending = reported.findLast((event) => event.summary !== undefined)?.summary;
  const ended =
    ending?.status === implied.ending?.status &&
    ending?.termination_reason === implied.ending?.terminationReason;
  return [
    ...lost,
    ...invented.map((id) => `${String(id)} was reported as a match and never was one`),
    ...(ended
      ? []
      : [
          `ending of ${scenario.findallId}: ${JSON.stringify(implied.ending)} reported as ${JSON.stringify(ending)}`,
        ]),
  ];
}

/** What is recorded must have arrived at every sink but the one it is about, as recorded. */
function undelivered({ recorded, deliveries, paced, logged }: Campaign): string[] {
  const lines = new Set(logged.map((event) => event.id));
  const unread = recorded.filter((event) => !lines.has(event.id) && !isQuiet(event));
  return [
    ...notAt('hook', recorded, deliveries),
    ...notAt('paced', recorded, paced),
    ...unread.map(({ id }) => `${id} never reached the log`),
  ];
}

export function notAt(
  sink: string,
  recorded: readonly RunEvent[],
  deliveries: readonly ReceivedDelivery[],
): string[] {
  const arrived = new Map(acceptedEvents(deliveries).map((event) => [event.id, event]));
  return recorded
    .filter((event) => streamOf(event) !== `sink/${sink}`)
    .filter((event) => JSON.stringify(arrived.get(event.id)) !== JSON.stringify(event))
    .map(({ id }) => `${id} never reached ${sink}`);
}

/** Types a sink without `events` does not get. */
function isQuiet({ type }: RunEvent): boolean {
  return /\.(?:generated|unmatched|discarded|status)$/.test(type);
}

/** First arrivals of a stream come in sequence. */
export function disorder(deliveries: readonly ReceivedDelivery[]): string[] {
  const last = new Map<string, number>();
  return firstArrivals(deliveries).flatMap(({ body }) => {
    const stream = streamOf(body);
    const before = last.get(stream) ?? 0;
    last.set(stream, body.sequence);
    return body.sequence > before ? [] : [`${stream}: ${body.sequence} came after ${before}`];
  });
}

/** From when to when a process that delivers was dead, stopped or disconnected. */
export interface Fault {
  kind: string;
  from: number;
  to: number;
}

/** A repetition has the same bytes, and is explained by a missing answer, or by a fault at the time of the answer or right after it. */
export function unexplainedRepetitions(
  deliveries: readonly ReceivedDelivery[],
  faults: readonly Fault[],
): string[] {
  const previous = new Map<string, ReceivedDelivery>();
  return deliveries.flatMap((delivery) => {
    const before = previous.get(delivery.id);
    previous.set(delivery.id, delivery);
    if (!before) return [];
    if (before.text !== delivery.text) return [`${delivery.id} was repeated with another body`];
    const isAnswered = before.accepted && !before.unanswered;
    const crashedAttempts = faults.some(
      ({ from, to }) => to >= before.at && from <= delivery.at && from - before.at < SETTLING_MS,
    );
    if (!isAnswered || crashedAttempts) return [];
    const last = faults.findLast(({ to }) => to < before.at);
    const since = last ? `, ${before.at - last.to} ms after the end of a ${last.kind}` : '';
    return [
      `${delivery.id} was repeated after ${delivery.at - before.at} ms although it was settled${since}`,
    ];
  });
}

/** The same fact under two ids: these scenarios let a candidate match once, and repeat no content. */
export function underAnotherId({ recorded }: Pick<Campaign, 'recorded'>): string[] {
  const ids = new Map<string, string>();
  return recorded.flatMap((event) => {
    if (!event.type.startsWith('findall.candidate.')) return [];
    const { candidate_id: id, output, basis } = event.data;
    const content = event.type.endsWith('.enriched') ? JSON.stringify([output, basis]) : '';
    const fact = `${event.findall_id} ${event.type} ${String(id)} ${content}`;
    const before = ids.get(fact);
    ids.set(fact, event.id);
    return before === undefined ? [] : [`${fact} was reported as ${before} and as ${event.id}`];
  });
}

export function gaps({ recorded }: Pick<Campaign, 'recorded'>): string[] {
  const last = new Map<string, number>();
  return recorded.flatMap((event) => {
    const stream = streamOf(event);
    const expected = (last.get(stream) ?? 0) + 1;
    last.set(stream, event.sequence);
    return event.sequence === expected
      ? []
      : [`${stream}: sequence ${event.sequence} where ${expected} belongs`];
  });
}

function acceptedEvents(deliveries: readonly ReceivedDelivery[]): RunEvent[] {
  return firstArrivals(deliveries).map((delivery) => delivery.body);
}

function firstArrivals(deliveries: readonly ReceivedDelivery[]): ReceivedDelivery[] {
  const seen = new Set<string>();
  return deliveries.filter((delivery) => {
    if (!delivery.accepted || seen.has(delivery.id)) return false;
    seen.add(delivery.id);
    return true;
  });
}
