/**
 * The status of a sink. It is `failing` exactly while something that it failed is pending: a failed attempt marks its
 * deliveries, and the transaction in which the last marked one is delivered, dead, dropped, superseded or no longer declared
 * ends it. It is `stopped` from a receiver's "nothing more" until it is resumed or no longer declared.
 */
import { isoTime } from '../../text/json-line.ts';
import { type Selectable, sql, type Transaction } from 'kysely';
import { draftSinkEvent } from '../../diff/event.ts';
import type { RunEvent } from '../../run-event.ts';
import { createSubscriptions } from '../../declaration/subscriptions.ts';
import { appendEvents } from '../events/append-events.ts';
import { readInForce } from '../declared/read-in-force.ts';
import type { SinkStatus } from '../outbox.ts';
import type { Schema, SinkTable } from '../sql/schema.ts';
import { lockedSinkRow, ofSink } from './sink-row.ts';
import { statement } from '../sql/statement.ts';

/**
 * What ends the failure or the stop of a sink: what became of the last delivery that it failed (`settled`: not known), or what was done to
 * the sink.
 */
type SinkRemedy =
  | 'delivered'
  | 'dead'
  | 'split'
  | 'dropped'
  | 'superseded'
  | 'settled'
  | 'resumed'
  | 'undeclared';

/** What happens to a sink. */
export type SinkChange =
  /** An attempt failed. Reported to the other sinks when the sink has failed for `alertAfterMs`. */
  | { kind: 'failed'; reason: string; alertAfterMs: number }
  | { kind: 'stopped'; reason: string }
  /** A delivery that it failed is pending no more. */
  | { kind: 'settled'; how: Exclude<SinkRemedy, 'resumed' | 'undeclared'> }
  | { kind: 'resumed' | 'undeclared' };

/** What is reported to the other sinks. */
export interface SinkReport {
  type: Parameters<typeof draftSinkEvent>[0];
  episode: number;
  data: Record<string, unknown>;
}

/** The status after `change`, and what is reported of it. `hasFailed`: something that it failed is pending, now. Pure. */
export function afterChange(
  before: SinkStatus,
  change: SinkChange,
  { hasFailed, now }: { hasFailed: boolean; now: number },
): { after: SinkStatus; report: SinkReport | null } {
  const unchanged = { after: before, report: null };
  switch (change.kind) {
    case 'failed':
      // What was dropped during the attempt is not pending.
      return before.state === 'stopped' || !hasFailed ? unchanged : fail(before, change, now);
    case 'stopped':
      return before.state === 'stopped' ? unchanged : stop(before, change.reason, now);
    case 'settled':
      return before.state === 'failing' && !hasFailed ? recover(before, change.how, now) : unchanged;
    case 'resumed': {
      if (before.state !== 'stopped') return unchanged;
      const { after, report } = recover(before, 'resumed', now);
      const { reason } = before;
      return { after: hasFailed ? { ...after, state: 'failing', since: now, reason } : after, report };
    }
    case 'undeclared':
      return before.state === 'running' ? unchanged : recover(before, 'undeclared', now);
  }
}

function fail(
  before: SinkStatus,
  { reason, alertAfterMs }: Extract<SinkChange, { kind: 'failed' }>,
  now: number,
): { after: SinkStatus; report: SinkReport | null } {
  const since = before.since ?? now;
  const after: SinkStatus = { ...before, state: 'failing', since, reason };
  if (before.reported !== null || now - since < alertAfterMs) return { after, report: null };
  const data = { reason, since: isoTime(since), failing_for_ms: now - since };
  return {
    after: { ...after, reported: 'failing' },
    report: { type: 'findall.sink.failing', episode: before.episode, data },
  };
}

function stop(
  before: SinkStatus,
  reason: string,
  now: number,
): { after: SinkStatus; report: SinkReport | null } {
  return {
    after: { ...before, state: 'stopped', since: before.since ?? now, reason, reported: 'stopped' },
    report: { type: 'findall.sink.stopped', episode: before.episode, data: { reason } },
  };
}

/** Ends the episode. What was reported is reported as over, with the cause. */
function recover(
  { episode, since, reported }: SinkStatus,
  because: SinkRemedy,
  now: number,
): { after: SinkStatus; report: SinkReport | null } {
  const lasted = since === null ? {} : { since: isoTime(since), lasted_ms: now - since };
  return {
    after: { state: 'running', episode: episode + 1, since: null, reason: null, reported: null },
    report:
      reported === null ? null : { type: 'findall.sink.recovered', episode, data: { because, ...lasted } },
  };
}

/**
 * Changes the status of a sink and queues the report for the other sinks that are declared, inside the caller's
 * transaction. The caller has locked the declaration, and has changed the deliveries already.
 */
export async function changeSink(
  trx: Transaction<Schema>,
  sink: string,
  change: SinkChange,
  now: number,
): Promise<RunEvent[]> {
  const before = statusOf(await lockedSinkRow(trx, sink));
  const hasFailed = (await anyFailed.first(trx, { sink })) !== undefined;
  const { after, report } = afterChange(before, change, { hasFailed, now });
  if (after === before) return [];
  await ofSink(trx, sink).set(after).execute();
  if (report === null) return [];
  const draft = draftSinkEvent(report.type, sink, report.episode, report.data);
  const inForce = await readInForce(trx);
  const { sinks, skipped } = createSubscriptions(inForce?.declaration.sinks ?? [])(draft);
  // Its own failure cannot be delivered to it.
  const others = sinks.filter((name) => name !== sink);
  const itself = others.length === sinks.length ? [] : [{ sink, why: 'it is about this sink' }];
  return await appendEvents(trx, [{ draft, sinks: others, skipped: [...skipped, ...itself] }], now);
}

/** How a sink stands, of its row. */
function statusOf(row: Selectable<SinkTable>): SinkStatus {
  return {
    state: row.state as SinkStatus['state'],
    episode: row.episode,
    since: row.since,
    reason: row.reason,
    reported: row.reported as SinkStatus['reported'],
  };
}

const anyFailed = statement<{ sink: string }, object>((db, { sink }) =>
  db
    .selectFrom('deliveries')
    .select('sequence')
    .where('sink', '=', sink)
    .where('failed', '=', sql.lit(1))
    .limit(1),
);
