/** What needs a person, each with the command that fixes it. Pure. */
import { isHalted } from '../../diff/diff-snapshots.ts';
import { isUndeclared, undeclaredFix } from '../../record/declared/undeclared.ts';
import type { SinkBacklog } from '../../record/outbox-operations.ts';
import type { RunTally } from '../../record/store.ts';
import { cleanText } from '../../text/clean-text.ts';
import { plainReason } from '../arguments/fold-deliveries.ts';
import { createShortIds, runTitle } from '../output/run-name.ts';
import type { StatusFacts } from './status-facts.ts';

/** One thing that needs a person. */
export interface Problem {
  problem: string;
  /** Since when; null when that is not known. */
  sinceAt: number | null;
  /** The next command, or what else is to be done. */
  fix: string;
}

/** A state file wants room beside it for a backup and for what comes. */
const LEAST_FREE_BYTES = 200 * 1024 ** 2;
const LONGEST_REASON = 200;
/** A word stays within a row of a terminal. */
const LONG_WORDS = /(\S{59})\S{2,}/g;
/** Runs that are named. */
const NAMED = 5;

/** What needs a person, the worst first; empty when nothing does. */
export function statusProblems(facts: StatusFacts): Problem[] {
  return [
    ...daemonProblems(facts),
    ...keyProblems(facts),
    ...diskProblems(facts),
    ...facts.sinks.flatMap((sink) => sinkProblems(sink)),
    ...deadProblems(facts),
    ...runProblems(facts),
  ];
}

function daemonProblems({ daemons, runs, sinks }: StatusFacts): Problem[] {
  if (daemons.length > 0) return [];
  const hasWork = polledCount(runs) > 0 || sinks.some(({ pending }) => pending > 0);
  const problem = 'no daemon is running: nothing is polled or delivered';
  return [
    {
      problem,
      sinceAt: null,
      fix: hasWork ? 'findall-watch serve' : 'findall-watch track RUN, then findall-watch serve',
    },
  ];
}

function keyProblems({ key, daemons }: StatusFacts): Problem[] {
  if (key.refusedSince !== null) {
    const problem = `the API key is refused (${shownReason(key.reason ?? '')}): nothing is polled`;
    const fix = 'set a valid PARALLEL_API_KEY, then restart the daemon or run findall-watch reload';
    return [{ problem, sinceAt: key.refusedSince, fix }];
  }
  // A daemon may have its key where this command has none.
  if (key.isSet || daemons.length > 0) return [];
  return [{ problem: 'no API key is set', sinceAt: null, fix: 'set PARALLEL_API_KEY' }];
}

function diskProblems({ store: { freeBytes, place } }: StatusFacts): Problem[] {
  if (freeBytes === null || freeBytes >= LEAST_FREE_BYTES) return [];
  const problem = `the disk of ${place} has only ${mebibytes(freeBytes)} left`;
  return [{ problem, sinceAt: null, fix: 'free space there: nothing is recorded while the disk is full' }];
}

function sinkProblems(sink: SinkBacklog): Problem[] {
  const { sink: name, state, since, reason, pending, oldestPendingAt } = sink;
  const shown = cleanText(name, 64);
  if (isUndeclared(sink)) {
    const problem = `sink ${shown} is not declared, ${pending} pending: no daemon delivers to it`;
    return [{ problem, sinceAt: oldestPendingAt, fix: undeclaredFix(name) }];
  }
  if (state === 'running') return [];
  const why = reason === null ? '' : ` (${shownReason(reason)})`;
  return [
    {
      problem: `sink ${shown} ${state === 'failing' ? 'is failing' : 'has stopped'}${why}, ${pending} pending`,
      sinceAt: since,
      fix: `fix it, then findall-watch redeliver --sink ${shown}`,
    },
  ];
}

/** Those of one sink together, with one reason or several. */
function deadProblems({ dead }: StatusFacts): Problem[] {
  return [...Map.groupBy(dead, ({ sink }) => sink)].map(([sink, groups]) => {
    const count = groups.reduce((sum, group) => sum + group.count, 0);
    const [first] = groups;
    const reasons = new Set(groups.map(({ reason }) => plainReason(reason)));
    const why =
      reasons.size === 1 ? shownReason(plainReason(first?.reason ?? null) ?? '') : `${reasons.size} reasons`;
    return {
      problem: `${count === 1 ? '1 delivery' : `${count} deliveries`} to sink ${cleanText(sink, 64)} ${count === 1 ? 'is' : 'are'} dead (${why})`,
      sinceAt: Math.min(...groups.map(({ oldestAt }) => oldestAt)),
      fix: `findall-watch outbox --sink ${cleanText(sink, 64)} --dead`,
    };
  });
}

function runProblems({ stuck }: StatusFacts): Problem[] {
  const shortId = createShortIds(stuck.map(({ findallId }) => findallId));
  const named = stuck.slice(0, NAMED).map((run) => {
    const { findallId, label, schema, failures, failingSinceAt, failureReason } = run;
    const title = runTitle({ findallId, label, objective: schema?.objective ?? null }, shortId);
    const fix = `findall-watch show ${shortId(findallId)}`;
    if (run.run !== null && isHalted(run.run))
      return { problem: `run ${title} waits for somebody`, sinceAt: run.changedAt, fix };
    const why = failureReason === null ? '' : ` (${shownReason(failureReason)})`;
    const times = failures === 1 ? '1 poll' : `${failures} polls`;
    return { problem: `run ${title}: ${times} in a row failed${why}`, sinceAt: failingSinceAt, fix };
  });
  const more = stuck.length - NAMED;
  if (more <= 0) return named;
  return [...named, { problem: `${more} more runs are stuck`, sinceAt: null, fix: 'findall-watch runs' }];
}

function shownReason(reason: string): string {
  return cleanText(reason, LONGEST_REASON).replaceAll(LONG_WORDS, '$1…');
}

function polledCount(runs: readonly RunTally[]): number {
  return runs.reduce(
    (sum, { state, count }) => sum + (state === 'watching' || state === 'lingering' ? count : 0),
    0,
  );
}

/** `12 MiB`, or GiB where that is more than ten. */
export function mebibytes(bytes: number): string {
  const size = bytes / 1024 ** 2;
  return size >= 10_240
    ? `${Math.round(size / 1024)} GiB`
    : `${size >= 10 ? Math.round(size) : size.toFixed(1)} MiB`;
}
