import { spanText } from '../text/clean-text.ts';
import type { SinkBacklog } from '../record/outbox-operations.ts';
import type { RunTally } from '../record/store.ts';

/** How everything stands, in one line: "12 runs active, 3 pending, oldest 4 s, sink crm failing". */
export function statusLine(
  {
    runs,
    sinks,
    keyRefused,
    leftToOthers = [],
  }: {
    runs: readonly RunTally[];
    sinks: readonly SinkBacklog[];
    keyRefused: boolean;
    /** Sinks of the configuration that are declared with other settings. */
    leftToOthers?: readonly string[];
  },
  now: number,
): string {
  const countOf = (state: RunTally['state']) => runs.find((tally) => tally.state === state)?.count ?? 0;
  const [watched, lingering] = [countOf('watching'), countOf('lingering')];
  const pending = sum(sinks.map((sink) => sink.pending));
  const dead = sum(sinks.map((sink) => sink.dead));
  const oldest = Math.min(...sinks.map(({ oldestPendingAt }) => oldestPendingAt ?? Infinity));
  return [
    `${watched} ${watched === 1 ? 'run' : 'runs'} active`,
    ...(lingering > 0 ? [`${lingering} ended (still polled)`] : []),
    `${pending} pending`,
    ...(Number.isFinite(oldest) ? [`oldest ${spanText(Math.max(0, now - oldest))}`] : []),
    ...(dead > 0 ? [`${dead} dead`] : []),
    ...sinks.filter(({ state }) => state !== 'running').map(({ sink, state }) => `sink ${sink} ${state}`),
    ...sinks
      .filter((sink) => sink.pending > 0 && !sink.isDeclared)
      .map(({ sink }) => `sink ${sink} not declared`),
    ...leftToOthers.map((sink) => `sink ${sink} declared with other settings`),
    ...(keyRefused ? ['the API key is refused'] : []),
  ].join(', ');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
