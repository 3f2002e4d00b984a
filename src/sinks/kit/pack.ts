/** How many of a group's events one message shows, and in how much detail. Pure. */
import type { RunEvent } from '../../run-event.ts';
import type { Dialect } from './dialect.ts';
import { blockOf, type Detail, DETAILS, isInOwnWords } from './document.ts';
import type { Texts } from './texts.ts';
import { finalEnding } from './headline.ts';
import { composeMessage, type Message, type Shown } from './message.ts';

export interface PackOptions {
  /** How many events of a group are shown in detail; the others are listed. */
  max: number;
  /** `split`: what does not fit is left for the next message. `count`: it is only counted, and covered by this one. */
  overflow: 'split' | 'count';
  /** How many events of the group were sent before. */
  sent: number;
  texts?: Texts | undefined;
  runLink: string | null;
}

export interface Packed<Rendered> {
  rendered: Rendered;
  message: Message;
  /** How many of the events it covers, from the first. */
  count: number;
  /** The first event that has words of the operator which fit no message, and is shown in the built-in ones. */
  tooLong: RunEvent | undefined;
}

type Events = readonly [RunEvent, ...RunEvent[]];
type Plan = [Shown, ...Shown[]];

/**
 * The message of the longest beginning of `events` (one stream, in sequence) that the service takes. Each event is shown in its full form,
 * or as one line where `max` of the group are; the first one in less detail when it does not fit alone. Everything is named.
 */
export function pack<Rendered>(
  events: Events,
  dialect: Dialect<Rendered>,
  options: PackOptions,
): Packed<Rendered> {
  const render = (plan: Plan) => {
    const message = composeMessage(plan, options.runLink);
    return { message, rendered: dialect.render(message) };
  };
  const fits = (plan: Plan) => dialect.fits(render(plan).rendered);
  const plan =
    options.overflow === 'count' ? counting(events, options, fits) : splitting(events, options, fits);
  const tooLong = plan.find(
    ({ block, detail }) => block.role === 'own' && detail !== null && !isInOwnWords(block, detail),
  );
  return { ...render(plan), count: plan.length, tooLong: tooLong?.event };
}

function splitting(events: Events, options: PackOptions, fits: (plan: Plan) => boolean): Plan {
  const [first, ...rest] = shownIn(events, options);
  const alone = leastShortened(first, (one) => fits([one]));
  const count = largest(1, events.length, (tried) => fits([alone, ...rest.slice(0, tried - 1)]));
  return [alone, ...rest.slice(0, count - 1)];
}

function shownIn(events: Events, { max, sent, texts }: PackOptions): Plan {
  return events.map((event, index) => {
    const block = blockOf(event, texts);
    const isListed = block.role === 'candidate' && sent + index >= max;
    return { event, block, detail: isListed ? 'short' : 'own' };
  }) as Plan;
}

/** The event in the most detail that fits, from the one it has on. */
function leastShortened(one: Shown, fits: (one: Shown) => boolean): Shown {
  const ladder = DETAILS.slice(DETAILS.indexOf(one.detail ?? 'own')).map((detail) => ({ ...one, detail }));
  return ladder.find(fits) ?? { ...one, detail: 'least' };
}

/** How many notices are shown beside what is counted: the latest, which say how things are. */
const MOST_NOTICES = 5;

/** All events in one message: as many candidates as fit, `max` at most, the latest notices and the ending. */
function counting(events: Events, options: PackOptions, fits: (plan: Plan) => boolean): Plan {
  const all = shownIn(events, { ...options, max: Infinity, sent: 0 });
  const final = finalEnding(events);
  // An ending that is over is news of the past, like a notice.
  const isNotice = ({ block, event }: Shown) => block.role === 'notice' || event.summary !== undefined;
  const notices = new Set(all.filter((one) => one.event !== final && isNotice(one)).slice(-MOST_NOTICES));
  const planOf = (listed: number, detail: Detail): Plan => {
    let left = listed;
    return all.map((one) => {
      if (one.event === final) return { ...one, detail };
      if (isNotice(one)) return { ...one, detail: notices.has(one) ? detail : null };
      return { ...one, detail: left-- > 0 ? detail : null };
    }) as Plan;
  };
  // The operator's words of fewer events come before the built-in ones of more.
  const own = all.some(({ block }) => block.role === 'own') ? (['own', 'own-brief'] as const) : [];
  for (const detail of own)
    if (fits(planOf(1, detail)))
      return planOf(
        largest(1, options.max, (tried) => fits(planOf(tried, detail))),
        detail,
      );
  for (const detail of DETAILS) if (fits(planOf(options.max, detail))) return planOf(options.max, detail);
  return planOf(
    largest(0, options.max, (tried) => fits(planOf(tried, 'least'))),
    'least',
  );
}

/**
 * The largest number from `least` to `most` that passes; `least` is taken to pass. In steps that double, so that no more is rendered
 * than about twice what fits.
 */
function largest(least: number, most: number, passes: (tried: number) => boolean): number {
  let [low, high] = [least, most];
  for (let step = 1; low < high; step *= 2) {
    const tried = Math.min(high, low + step);
    if (passes(tried)) low = tried;
    else {
      high = tried - 1;
      break;
    }
  }
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (passes(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
