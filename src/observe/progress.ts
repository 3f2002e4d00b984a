import { spanText } from '../text/clean-text.ts';
import type { LoopHealth } from '../work-loop.ts';
import { livenessOf } from './health.ts';
import { longestUnseenAt, type StoreStatus } from './read-status.ts';

export interface Progress {
  loops: readonly LoopHealth[];
  /** Null: the store does not answer. */
  status: StoreStatus | null;
  /** A polled run that was not seen for longer, beyond its own interval, is reported as a failure. */
  unseenMs: number;
  /** How long a sink may fail before it counts: as long as before `findall.sink.failing` is sent. */
  failingMsOf(sink: string): number;
  now: number;
  /** As of the clock. */
  elapsed: number;
}

/** What keeps the watch from its work, in words without secrets; nothing when it makes progress. */
export function problemsOf(progress: Progress): string[] {
  const { loops, status, elapsed } = progress;
  const hanging = livenessOf(loops, elapsed).flatMap(({ name, problem }) =>
    problem ? [`${name}: ${problem}`] : [],
  );
  const failing = loops.flatMap(({ name, failing: fails }) => (fails ? [`${name}: the store fails it`] : []));
  return [...hanging, ...failing, ...(status ? problemsOfStatus(status, progress) : [NO_ANSWER])];
}

const NO_ANSWER = 'the store does not answer';

function problemsOfStatus(status: StoreStatus, { unseenMs, failingMsOf, now }: Progress): string[] {
  const unseen = now - (longestUnseenAt(status.runs) ?? now);
  const sinks = status.sinks.filter(
    ({ sink, state, since }) =>
      state === 'stopped' || (state === 'failing' && now - (since ?? now) >= failingMsOf(sink)),
  );
  return [
    ...(status.keyRefused ? ['the API key is refused'] : []),
    ...(unseen > unseenMs ? [`a run was not seen for ${spanText(unseen)}`] : []),
    ...sinks.map(({ sink, state }) => `sink ${sink} ${state}`),
  ];
}
