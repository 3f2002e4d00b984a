/** How everything stands, for people and for programs. Pure. */
import type { RunTally } from '../../record/store.ts';
import { cleanText, coarseSpanText, spanText } from '../../text/clean-text.ts';
import { isoTime } from '../../text/json-line.ts';
import { layOut, type TextLine } from '../../text/wrap-text.ts';
import { daemonNames } from '../output/living-daemons.ts';
import type { Layout } from '../output/layout.ts';
import type { StatusFacts } from './status-facts.ts';
import { mebibytes, statusProblems } from './status-problems.ts';

/** Where the values stand, behind the longest name. */
const INDENT = 9;

/** For people: the problems, then everything else. */
export function statusLines(facts: StatusFacts, now: number, { paint, width }: Layout): string[] {
  const problems = statusProblems(facts);
  const running = facts.daemons.length === 0 ? 'not running' : 'running';
  const head =
    problems.length === 0
      ? paint('bold', `${running}: nothing needs attention`)
      : paint('bold', `${running}: ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}`);
  const lines: TextLine[] = [
    { text: head, indent: 0 },
    ...problems.flatMap(({ problem, sinceAt, fix }): TextLine[] => [
      { text: `${problem}${sinceAt === null ? '' : `, for ${ageText(sinceAt, now)}`}`, indent: 2, hang: 4 },
      { text: paint('dim', '→ ') + fix, indent: 4, hang: 6 },
    ]),
    { text: '', indent: 0 },
    ...factRows(facts, now).map(([name, value]) =>
      name === ''
        ? { text: value, indent: INDENT, hang: INDENT + 2 }
        : { text: `${paint('dim', name.padEnd(INDENT))}${value}`, indent: 0, hang: INDENT + 2 },
    ),
  ];
  return layOut(lines, width);
}

function factRows(facts: StatusFacts, now: number): [string, string][] {
  const { daemons, runs, key, store, nextPollAt } = facts;
  const answeredAt = lastAnswerAt(facts);
  const seen = answeredAt === null ? 'no answer yet' : `last answer ${ageText(answeredAt, now)} ago`;
  const next =
    daemons.length === 0 || nextPollAt === null
      ? `no poll is planned: ${daemons.length === 0 ? 'no daemon is running' : 'no run is watched'}`
      : `next ${nextPollAt - now < 1000 ? 'now' : `in ${spanText(nextPollAt - now)}`}`;
  return [
    ['daemons', daemons.length === 0 ? 'none' : daemonNames(daemons)],
    ['runs', runs.length === 0 ? 'none is tracked' : runs.toSorted(byState).map(tallyText).join(', ')],
    ['polls', `${seen}; ${next}`],
    ['outbox', outboxText(facts, now)],
    ...sinkNames(facts).map((name, index): [string, string] => [
      index === 0 ? 'sinks' : '',
      sinkText(name, facts),
    ]),
    ['key', key.refusedSince === null ? (key.isSet ? 'set' : 'not set here') : 'refused'],
    ['store', storeText(store)],
  ];
}

/** When any run was seen last; null if none ever was. */
function lastAnswerAt({ runs }: StatusFacts): number | null {
  const latest = Math.max(...runs.map(({ lastSeenAt }) => lastSeenAt ?? -Infinity));
  return Number.isFinite(latest) ? latest : null;
}

/** Sinks that are declared, and those that ever had deliveries. */
function sinkNames({ declared, sinks }: StatusFacts): string[] {
  return [...new Set([...declared, ...sinks.map(({ sink }) => sink)])].toSorted();
}

const STATES: Readonly<Record<RunTally['state'], string>> = {
  watching: 'watched',
  lingering: 'ended (still polled)',
  ended: 'ended',
  gone: 'gone',
  expired: 'expired',
  untracked: 'untracked',
};

function byState(a: RunTally, b: RunTally): number {
  const order = Object.keys(STATES);
  return order.indexOf(a.state) - order.indexOf(b.state);
}

function tallyText({ state, count }: RunTally): string {
  return `${count} ${STATES[state]}`;
}

function outboxText({ sinks, dead }: StatusFacts, now: number): string {
  const pending = sinks.reduce((sum, sink) => sum + sink.pending, 0);
  const deadCount = sinks.reduce((sum, sink) => sum + sink.dead, 0);
  const oldestPending = Math.min(...sinks.map(({ oldestPendingAt }) => oldestPendingAt ?? Infinity));
  const oldestDead = Math.min(...dead.map(({ oldestAt }) => oldestAt), Infinity);
  return `${pending} pending${oldestText(oldestPending, now)}, ${deadCount} dead${oldestText(oldestDead, now)}`;
}

function oldestText(at: number, now: number): string {
  return Number.isFinite(at) ? ` (oldest ${ageText(at, now)})` : '';
}

function sinkText(name: string, { sinks, declared }: StatusFacts): string {
  const sink = sinks.find((each) => each.sink === name);
  const counts = [
    ...(declared.has(name) ? [] : ['not declared']),
    ...(sink && sink.state !== 'running' ? [sink.state] : []),
    ...(sink && sink.pending > 0 ? [`${sink.pending} pending`] : []),
    ...(sink && sink.dead > 0 ? [`${sink.dead} dead`] : []),
  ];
  return `${cleanText(name, 64)}: ${counts.join(', ') || 'nothing pending'}`;
}

function storeText({ place, bytes, freeBytes }: StatusFacts['store']): string {
  if (bytes === null || freeBytes === null) return place;
  return `${place}, ${mebibytes(bytes)}, ${mebibytes(freeBytes)} free`;
}

function ageText(at: number, now: number): string {
  return coarseSpanText(Math.max(0, now - at));
}

/** For programs: all of it, times in ISO 8601. */
export function statusJson(facts: StatusFacts): Record<string, unknown> {
  const { daemons, runs, sinks, declared, dead, key, store, nextPollAt } = facts;
  const problems = statusProblems(facts);
  const oldestDead = (sink: string) =>
    Math.min(...dead.filter((group) => group.sink === sink).map(({ oldestAt }) => oldestAt), Infinity);
  return {
    ok: problems.length === 0,
    problems: problems.map(({ problem, sinceAt, fix }) => ({ problem, since: isoTime(sinceAt), fix })),
    daemons: daemons.map(({ owner, host, version, startedAt }) => ({
      owner,
      host,
      version,
      started_at: isoTime(startedAt),
    })),
    runs: Object.fromEntries(runs.map(({ state, count }) => [state, count])),
    last_answer_at: isoTime(lastAnswerAt(facts)),
    next_poll_at: daemons.length === 0 ? null : isoTime(nextPollAt),
    sinks: sinkNames(facts).map((name) => {
      const sink = sinks.find((each) => each.sink === name);
      const oldest = oldestDead(name);
      return {
        ...{
          sink: name,
          declared: declared.has(name),
          state: sink?.state ?? 'running',
          since: isoTime(sink?.since ?? null),
        },
        ...{ reason: sink?.reason ?? null, pending: sink?.pending ?? 0, dead: sink?.dead ?? 0 },
        oldest_pending_at: isoTime(sink?.oldestPendingAt ?? null),
        oldest_dead_at: isoTime(Number.isFinite(oldest) ? oldest : null),
      };
    }),
    key: { set: key.isSet, refused_since: isoTime(key.refusedSince), reason: key.reason },
    store: { place: store.place, bytes: store.bytes, free_bytes: store.freeBytes },
  };
}
