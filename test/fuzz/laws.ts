/** What holds of every life, with any noise. Each law gives the sentences in which it is broken; none when it holds. */
import type { RunEvent } from '../../src/run-event.ts';
import { valuesOf } from '../../src/diff/shown-values.ts';
import { goesOn } from '../../src/diff/diff-snapshots.ts';
import type { Candidate } from '../../src/model.ts';
import { reasonOf } from '../../src/diff/run-facts.ts';
import type { Life, Outcome } from './lives.ts';

const ENDINGS = /^findall\.run\.(completed|failed|cancelled|ended)$/;
const TAKES_BACK = new Set(['unmatched', 'discarded']);

/** Every broken law, in sentences. */
export function brokenLaws(life: Life, outcome: Outcome): string[] {
  // A watch that ended while things still happened has not to know them.
  const isWhole = outcome.state === 'watching' || outcome.state === 'lingering';
  return [
    ...oneIdAFact(outcome),
    ...nothingFalse(outcome),
    ...takenBackByTwoAnswers(outcome),
    ...noMoreMessagesThanFacts(life, outcome),
    ...refusedByTwoAnswers(outcome),
    ...(outcome.state === 'gone' || outcome.state === 'expired'
      ? [`the run was given up: ${outcome.state}`]
      : []),
    ...(isWhole ? [...allMatchesKnown(life, outcome), ...endingKnown(outcome)] : []),
  ];
}

function aboutCandidates({ events }: Outcome): Map<string, RunEvent[]> {
  const about = events.filter(({ type }) => type.startsWith('findall.candidate.'));
  return Map.groupBy(about, ({ data }) => String(data.candidate_id));
}

const named = (events: readonly RunEvent[], type: string) =>
  events.filter((event) => event.type === `findall.candidate.${type}`);

/** What the API may have shown of a candidate. */
function readingsOf({ truth }: Outcome, id: string): Candidate[] {
  return truth.past.flatMap(({ candidates }) => candidates.filter((one) => one.candidate_id === id));
}

function oneIdAFact({ events }: Outcome): string[] {
  const broken = new Set(events.map(({ id }) => id)).size === events.length ? [] : ['an id was used twice'];
  const streams = Map.groupBy(events, ({ findall_id: id }) => id);
  for (const [stream, its] of streams) {
    const inOrder = its.every(({ sequence }, place) => sequence === place + 1);
    if (!inOrder) broken.push(`the sequence of ${stream ?? 'the key'} has a gap`);
  }
  return broken;
}

function nothingFalse(outcome: Outcome): string[] {
  const broken: string[] = [];
  for (const [id, events] of aboutCandidates(outcome)) {
    const readings = readingsOf(outcome, id);
    const isMatchEver = readings.some((one) => one.match_status === 'matched');
    if (named(events, 'matched').length > 0 && !isMatchEver) broken.push(`${id} never matched`);
    const shown = new Set(readings.flatMap((one) => valuesOf(one).output));
    const announced = named(events, 'enriched').flatMap(({ data }) => valuesOf(data as Candidate).output);
    if (!announced.every((value) => shown.has(value)))
      broken.push(`${id} never had a value that was announced`);
  }
  const ended = outcome.truth.past.filter(({ run }) => !run.status.is_active);
  const endings = new Set(ended.map(({ run }) => run.status.status));
  for (const { type, summary } of outcome.events) {
    if (ENDINGS.test(type) && !endings.has(summary?.status ?? ''))
      broken.push(`the run never was ${summary?.status}`);
  }
  return broken;
}

/** A retraction and a revival by the two latest answers that spoke of it. */
function takenBackByTwoAnswers({ recordings }: Outcome): string[] {
  const broken: string[] = [];
  const said = new Map<string, string[]>();
  const activity: boolean[] = [];
  for (const { snapshot, events } of recordings) {
    if (snapshot !== null && snapshot !== 'unchanged') {
      for (const one of snapshot.candidates) {
        said.set(one.candidate_id, [...(said.get(one.candidate_id) ?? []), one.match_status]);
      }
      activity.push(goesOn(snapshot.run));
    }
    for (const { type, data } of events) {
      const lastTwo = (said.get(String(data.candidate_id)) ?? []).slice(-2);
      if (
        type === 'findall.candidate.retracted' &&
        !(lastTwo.length === 2 && lastTwo.every((status) => TAKES_BACK.has(status)))
      ) {
        broken.push(`${data.candidate_id} was retracted by ${lastTwo.join(', ')}`);
      }
      if (type === 'findall.run.reactivated' && !activity.slice(-2).every(Boolean)) {
        broken.push('the run was revived by one answer');
      }
    }
  }
  return broken;
}

function noMoreMessagesThanFacts({ baseline }: Life, outcome: Outcome): string[] {
  const broken: string[] = [];
  // A match of a silent baseline can be taken back.
  const unannounced = baseline === 'silent' ? 1 : 0;
  for (const [id, events] of aboutCandidates(outcome)) {
    const [matched, retracted] = [named(events, 'matched').length, named(events, 'retracted').length];
    if (matched - retracted > 1 || retracted > matched + unannounced)
      broken.push(`${id} matched ${matched} times, ${retracted} taken back`);
    const values = new Set(readingsOf(outcome, id).flatMap((one) => valuesOf(one).output));
    if (named(events, 'enriched').length > values.size)
      broken.push(`${id} was enriched more often than it had values`);
  }
  const reports = outcome.events.filter(({ type }) => type === 'findall.watch.degraded').length;
  const recoveries = outcome.events.filter(({ type }) => type === 'findall.watch.recovered').length;
  if (reports - recoveries > 1 || recoveries > reports)
    broken.push(`${reports} failures, ${recoveries} recoveries`);
  return broken;
}

function refusedByTwoAnswers({ recordings }: Outcome): string[] {
  return recordings.flatMap(({ events }, place) => {
    const isBlocked = events.some(({ type }) => type === 'findall.key.blocked');
    const before = recordings.slice(0, place).findLast(({ ofKey }) => ofKey !== 'nothing');
    const isConfirmed = before?.ofKey === 'refused';
    return isBlocked && !isConfirmed ? ['the key was blocked by one answer'] : [];
  });
}

function allMatchesKnown({ baseline }: Life, outcome: Outcome): string[] {
  const broken: string[] = [];
  const about = aboutCandidates(outcome);
  for (const one of outcome.truth.present.candidates) {
    const { candidate_id: id, match_status: status } = one;
    const events = about.get(id) ?? [];
    const stands = named(events, 'matched').length > named(events, 'retracted').length;
    if (status === 'matched' && !stands && baseline === 'notify') broken.push(`the match ${id} is not known`);
    if (TAKES_BACK.has(status) && stands) broken.push(`${id} still counts as a match`);
    if (status !== 'matched' || baseline !== 'notify') continue;
    const announced = new Set(
      [...named(events, 'matched'), ...named(events, 'enriched')].flatMap(
        ({ data }) => valuesOf(data as Candidate).output,
      ),
    );
    if (!valuesOf(one).output.every((value) => announced.has(value)))
      broken.push(`a value of ${id} is not known`);
  }
  return broken;
}

function endingKnown({ truth, events }: Outcome): string[] {
  const { run } = truth.present;
  const last = events.findLast(
    ({ type }) =>
      ENDINGS.test(type) || type === 'findall.run.action_required' || type === 'findall.run.reactivated',
  );
  if (goesOn(run)) {
    return last === undefined || last.type === 'findall.run.reactivated'
      ? []
      : [`the run goes on after ${last.type}`];
  }
  if (run.status.status === 'action_required') {
    return last?.type === 'findall.run.action_required' ? [] : ['the halt is not known'];
  }
  // A reason that is said no more is no news: it may be left out only.
  const isKnown =
    last?.summary?.status === run.status.status &&
    (reasonOf(run) === null || last.summary.termination_reason === reasonOf(run));
  return isKnown
    ? []
    : [`the ending ${run.status.status} (${reasonOf(run)}) is not known, but ${last?.type}`];
}
