/** Which recorded events a command is about: what may be typed, and what is read for it. */
import { InvalidArgumentError } from 'commander';
import { otherTypes, SINCE_ALLOWED, sinceOf, typesOf } from '../../config/forms/event-choice.ts';
import { EVENT_TYPES } from '../../events/catalogue.ts';
import type { EventType } from '../../run-event.ts';
import type { Store } from '../../record/store.ts';
import { type EventFilter, filterBeyond, type PositionedEvent } from '../../record/history.ts';
import type { CommandContext } from '../command-context.ts';
import { knownRun } from './find-run.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { cleanText } from '../../text/clean-text.ts';

/** What `--run`, `--type` and `--since` choose. */
export interface EventChoice {
  run?: string;
  type?: EventType[];
  since?: number;
}

const PAGE = 500;
/** How much of an event's id names it, unless another begins so too. */
const SHORTEST = 4;

/** For `--type <type...>`: exact types and families, added to those before. */
export function addTypes(text: string, before: EventType[] | undefined): EventType[] {
  const types = typesOf(text);
  if (types.length > 0) return [...(before ?? []), ...types];
  throw new InvalidArgumentError(otherTypes(text));
}

/** For an option that takes one exact type. */
export function parseType(text: string): EventType {
  const type = EVENT_TYPES.find((each) => each === text);
  if (type !== undefined) return type;
  throw new InvalidArgumentError(otherTypes(text, EVENT_TYPES));
}

/** For `--since <time>`: a span before now, or a time. */
export function parseSince(text: string, { clock }: CommandContext): number {
  const at = sinceOf(text, clock.now());
  if (at === undefined) throw new InvalidArgumentError(`Write ${SINCE_ALLOWED}`);
  return at;
}

/** The choice as the store takes it. Throws OperatorError when the run is not tracked, or not the only one of this name. */
export async function filterOf(
  store: Store,
  { run, type, since }: EventChoice,
): Promise<Omit<EventFilter, 'limit'>> {
  return {
    ...(run === undefined ? {} : { findallId: (await knownRun(store, run)).findallId }),
    ...(type === undefined ? {} : { types: type }),
    ...(since === undefined ? {} : { since }),
  };
}

/** All chosen events in the order of recording, a page at a time: at least one event, at most 500. */
export async function* readEventPages(
  store: Store,
  filter: Omit<EventFilter, 'limit'>,
): AsyncGenerator<PositionedEvent[]> {
  let next = filter;
  for (;;) {
    const page = await store.events({ afterPosition: 0, ...next, limit: PAGE });
    if (page.length === 0) return;
    yield page;
    next = filterBeyond(next, page);
  }
}

/** The event of this id, or of the only id that begins so; null when there is none. Throws when there are several. */
export async function findEvent(store: Store, typed: string): Promise<PositionedEvent | null> {
  const digits = /^evt_([0-9a-f]*)$/.exec(typed)?.[1] ?? '';
  if (digits.length < SHORTEST) return null;
  const [first, second] = await store.events({ idStart: typed, limit: 2 });
  if (second === undefined) return first ?? null;
  throw new OperatorError(EXIT.usage, `several events begin with ${typed}`, {
    hint: `write more of the id: findall-watch events --json has it whole`,
  });
}

/** The usage error for an id that is none of ours. */
export function unknownEvent(id: string): OperatorError {
  return new OperatorError(EXIT.usage, `no event has the id ${JSON.stringify(cleanText(id, 120))}`, {
    hint: 'find ids with findall-watch events --json (id), or in what findall-watch explain shows of a candidate',
  });
}
