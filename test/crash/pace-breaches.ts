import type { RunEvent } from '../../src/run-event.ts';
import type { Campaign } from './campaign.ts';

/** What the network may move two arrivals towards each other, and a busy machine. */
const JITTER_MS = 300;
const CLOCKS_MS = 50;

/** What an event is numbered within. */
export function streamOf({ findall_id: findallId, data }: RunEvent): string {
  return findallId ?? (typeof data.sink === 'string' ? `sink/${data.sink}` : 'key');
}

/** Breaches of grouping, quiet hours and rates in a campaign, in words. */
export function paceBreaches(campaign: Campaign): string[] {
  return [...tooSoon(campaign), ...tooFast(campaign), ...badBatches(campaign), ...sinkStories(campaign)];
}

/** In quiet hours only what is urgent is delivered, and what stands before it in its stream. */
function tooSoon({ paced, recorded, rules }: Campaign): string[] {
  const urgent = recorded.filter(({ type }) => rules.urgent.some((wish) => covers(wish, type)));
  return paced
    .filter(({ at }) => at < rules.quietUntil - CLOCKS_MS)
    .filter(
      ({ body }) =>
        !urgent.some((event) => streamOf(event) === streamOf(body) && event.sequence >= body.sequence),
    )
    .map(({ id }) => `${id} was reported in quiet hours`);
}

function covers(wish: string, type: string): boolean {
  return wish.endsWith('*') ? type.startsWith(wish.slice(0, -1)) : wish === type;
}

/** Every try counts, of every process: the rate holds across deaths. */
function tooFast({ paced, rules: { rate } }: Campaign): string[] {
  return paced.flatMap((delivery, index) => {
    const earlier = paced[index - rate.count];
    const span = earlier ? delivery.at - earlier.at : Infinity;
    return span < rate.windowMs - JITTER_MS ? [`${rate.count + 1} messages within ${span} ms`] : [];
  });
}

/** Everything recorded is in some message whole, each message is in sequence and of one stream, and not too large. */
function badBatches({ batches, recorded, rules }: Campaign): string[] {
  const whole = new Set(batches.flatMap(({ events }) => events.map((event) => JSON.stringify(event))));
  const lost = recorded
    .filter((event) => streamOf(event) !== 'sink/batch' && !whole.has(JSON.stringify(event)))
    .map(({ id }) => `${id} never reached the command`);
  const odd = batches.flatMap(({ events }) => [
    ...(events.length > rules.most ? [`a message of ${events.length}`] : []),
    ...(new Set(events.map(streamOf)).size > 1 ? ['a message about several runs'] : []),
    ...(events.some((event, index) => index > 0 && event.sequence <= (events[index - 1]?.sequence ?? 0))
      ? ['a message out of sequence']
      : []),
  ]);
  return [...lost, ...odd];
}

/** Of a failing sink the others hear once, and once that it is well again. */
function sinkStories({ recorded }: Campaign): string[] {
  const ill = new Map<string, boolean>();
  return recorded.flatMap((event) => {
    if (!event.type.startsWith('findall.sink.')) return [];
    const stream = streamOf(event);
    const failing = event.type === 'findall.sink.failing';
    const before = ill.get(stream) ?? false;
    ill.set(stream, failing);
    return failing === before ? [`${stream} was reported ${event.type} twice`] : [];
  });
}
