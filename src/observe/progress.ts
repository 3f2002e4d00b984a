import { spanText } from '../present/clean-text.ts';
import type { LoopHealth } from '../work-loop.ts';
import { livenessOf } from './health.ts';
import { longestUnseenAt, type Standing } from './read-standing.ts';

export interface Progress {
  loops: readonly LoopHealth[];
  /** Null: the store does not answer. */
  standing: Standing | null;
  /** A polled run that was not seen for longer is in trouble. */
  unseenMs: number;
  now: number;
  /** As of the clock. */
  elapsed: number;
}

/** A sink that fails for less may yet recover by itself. */
const FAILING_MS = 5 * 60_000;

/** What keeps the watch from its work, in words without secrets; nothing when it makes progress. */
export function troublesOf({ loops, standing, unseenMs, now, elapsed }: Progress): string[] {
  const hanging = livenessOf(loops, elapsed).flatMap(({ name, trouble }) =>
    trouble ? [`${name}: ${trouble}`] : [],
  );
  const failing = loops.flatMap(({ name, failing: fails }) => (fails ? [`${name}: the store fails it`] : []));
  return [...hanging, ...failing, ...(standing ? standingTroubles(standing, unseenMs, now) : [NO_ANSWER])];
}

const NO_ANSWER = 'the store does not answer';

function standingTroubles(standing: Standing, unseenMs: number, now: number): string[] {
  const unseen = now - (longestUnseenAt(standing.runs) ?? now);
  const sinks = standing.sinks.filter(
    ({ state, since }) => state === 'stopped' || (state === 'failing' && now - (since ?? now) >= FAILING_MS),
  );
  return [
    ...(standing.keyRefused ? ['the API key is refused'] : []),
    ...(unseen > unseenMs ? [`a run was not seen for ${spanText(unseen)}`] : []),
    ...sinks.map(({ sink, state }) => `sink ${sink} ${state}`),
  ];
}
