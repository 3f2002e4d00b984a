/** What a group of events comes to in one line, and how much it matters: by what stands at its end. */
import { candidateKindOf, EVENT_KINDS, noticeText } from '../../events/catalogue.ts';
import type { Tone } from '../../events/event-kind.ts';
import type { EndingEvent, RunEvent } from '../../run-event.ts';
import { withoutScheme } from './names.ts';
import { describeCandidate } from './describe-candidate.ts';
import { endingItem } from './ending-item.ts';

const MATCHED = 'findall.candidate.matched';
const RETRACTED = 'findall.candidate.retracted';
const ENRICHED = 'findall.candidate.enriched';
const REACTIVATED = 'findall.run.reactivated';

/** The ending that stands: the last of the group, unless the run is active again after it. */
export function finalEnding(events: readonly RunEvent[]): EndingEvent | undefined {
  const last = events.findLast(({ summary, type }) => summary !== undefined || type === REACTIVATED);
  return last?.summary !== undefined ? last : undefined;
}

/** In one line. An ending that does not stand is news of the past. */
export function noticeOf(event: RunEvent): string {
  return event.summary !== undefined ? endingItem(event.summary).title : noticeText(event);
}

/** Each candidate once, by what it is at the end of the group, then the ending or that the run is active again. */
export function headlineOf(runName: string | null, events: readonly RunEvent[]): string {
  const parts = candidateParts(events);
  const ending = finalEnding(events);
  const reactivated = events.findLast(({ type }) => type === REACTIVATED);
  if (ending) parts.push(endingItem(ending.summary).title);
  else parts.push(...totalPart(events));
  if (!ending && reactivated) parts.push(noticeOf(reactivated));
  const notice = events.at(-1);
  if (parts.length === 0 && notice !== undefined) parts.push(noticeOf(notice));
  // What concerns every run ends in what to do, to be copied.
  return runName === null ? parts.join(', ') : `${parts.join(', ')} (${runName})`;
}

/** How many matches the run has by now, where there are more than the group has. An ending counts them itself. */
function totalPart(events: readonly RunEvent[]): string[] {
  const total = events.findLast((event) => event.matched_count !== undefined)?.matched_count ?? 0;
  const matches = matchesAmong(events);
  return matches > 0 && total > matches ? [`${total} so far`] : [];
}

/** How many candidates match at the end of the group. */
export function matchesAmong(events: readonly RunEvent[]): number {
  return lastOfEach(events).filter(({ event }) => event.type === MATCHED).length;
}

function candidateParts(events: readonly RunEvent[]): string[] {
  const parts: string[] = [];
  const candidates = lastOfEach(events);
  const matches = candidates.filter(({ event }) => event.type === MATCHED);
  const [only] = matches;
  if (only && matches.length === 1) parts.push(`${nameOf(only.event)} matches${only.isBack ? ' again' : ''}`);
  else if (matches.length > 1) parts.push(`${matches.length} new matches`);
  const updates = candidates.filter(({ event }) => event.type !== MATCHED);
  const [update] = updates;
  if (update && updates.length === 1) parts.push(updateText(update.event));
  else if (updates.length > 1) parts.push(`${updates.length} updates`);
  return parts;
}

/** The last event of each candidate that says whether it matches; `isBack`: it did not in between. */
interface LastWord {
  event: RunEvent;
  isBack: boolean;
}

function lastOfEach(events: readonly RunEvent[]): LastWord[] {
  const last = new Map<string, LastWord>();
  for (const event of events.filter(({ type }) => type.startsWith('findall.candidate.'))) {
    const before = last.get(candidateOf(event));
    if (event.type === ENRICHED && before) continue;
    const isBack = event.type === MATCHED && (before?.isBack === true || before?.event.type === RETRACTED);
    last.set(candidateOf(event), { event, isBack });
  }
  return [...last.values()];
}

/** Those of which it is not known which they are about are each their own. */
function candidateOf(event: RunEvent): string {
  return typeof event.data.candidate_id === 'string' ? `id ${event.data.candidate_id}` : event.id;
}

function nameOf({ data }: RunEvent): string {
  return withoutScheme(describeCandidate(data).name) || '(no name)';
}

/** One update by name: how many there are says nothing when there is one. */
function updateText(event: RunEvent): string {
  return `${nameOf(event)}: ${candidateKindOf(event.type)?.word ?? event.type}`;
}

/** What is over within the group alarms nobody. */
export function toneOf(group: readonly RunEvent[]): Tone {
  const events = group.filter(
    (event, index) => !group.slice(index + 1).some((later) => isOver(event, later)),
  );
  const tones = new Set(events.map(({ type }) => EVENT_KINDS[type].tone));
  return tones.has('alarm') ? 'alarm' : tones.has('warning') ? 'warning' : 'news';
}

function isOver(event: RunEvent, later: RunEvent): boolean {
  if (EVENT_KINDS[later.type].ends?.includes(event.type)) return true;
  return event.type === RETRACTED && later.type === MATCHED && candidateOf(event) === candidateOf(later);
}
