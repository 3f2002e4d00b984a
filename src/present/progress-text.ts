import type { TrackedRun } from '../model.ts';
import { countsOf, timesOf } from '../run-facts.ts';
import { cleanText, spanText } from './clean-text.ts';

/** What `follow` is at, in one line: how it stands, the age of the run, the API's own counters, when it is asked next. */
export function progressText(runs: readonly TrackedRun[], now: number): string {
  const seen = runs.filter((run) => run.run !== null);
  return [
    standing(runs, seen),
    ...ageOf(runs, now),
    ...(seen.length === 0 ? [] : [counts(seen)]),
    ...trouble(runs),
    ...nextPoll(runs, now),
  ].join(' · ');
}

function standing(runs: readonly TrackedRun[], seen: readonly TrackedRun[]): string {
  if (seen.length === 0) return 'waiting for the first answer';
  if (runs.length === 1) return cleanText(seen[0]?.run?.status.status ?? '', 30);
  const active = runs.filter((run) => run.run?.status.is_active ?? true).length;
  return `${active} of ${runs.length} active`;
}

function counts(runs: readonly TrackedRun[]): string {
  let generated = 0;
  let matched = 0;
  for (const { run } of runs) {
    if (run === null) continue;
    const counted = countsOf(run);
    generated += counted.generated ?? 0;
    matched += counted.matched ?? 0;
  }
  return `${generated} generated · ${matched} matched`;
}

/** Since the oldest run that is still active was created. */
function ageOf(runs: readonly TrackedRun[], now: number): string[] {
  const starts = runs
    .flatMap(({ run }) => (run?.status.is_active ? [Date.parse(timesOf(run).created)] : []))
    .filter((at) => at <= now);
  return starts.length === 0 ? [] : [spanText(Math.floor((now - Math.min(...starts)) / 1000) * 1000)];
}

function trouble(runs: readonly TrackedRun[]): string[] {
  const failures = Math.max(...runs.map((run) => run.failures));
  if (failures <= 0) return [];
  return [failures === 1 ? 'last poll failed' : `last ${failures} polls failed`];
}

/** Whole seconds: it is redrawn, and must not flicker. */
function nextPoll(runs: readonly TrackedRun[], now: number): string[] {
  const due = runs.flatMap(({ nextPollAt }) => (nextPollAt === null ? [] : [nextPollAt]));
  if (due.length === 0) return [];
  const seconds = Math.ceil((Math.min(...due) - now) / 1000);
  return [seconds <= 0 ? 'polling' : `next poll in ${spanText(seconds * 1000)}`];
}
