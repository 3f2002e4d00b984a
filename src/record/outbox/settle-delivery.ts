import { type Kysely, type Transaction, type UpdateQueryBuilder, type UpdateResult } from 'kysely';
import { advanceLane, type Attempted } from './advance-lane.ts';
import type { Commits } from '../commits.ts';
import { lockDeclaration } from '../declared/declaration-lock.ts';
import { writeJournal } from '../events/journal.ts';
import { coveredBy, type DeliveryLease, type Settled, type Settlement, type SinkNews } from '../outbox.ts';
import { type DeliveryState } from '../outbox-operations.ts';
import { inStates } from './read-deliveries.ts';
import { NO_LEASE } from '../sql/lease-clock.ts';
import type { Schema } from '../sql/schema.ts';
import type { Lane } from './claim-lane.ts';
import { lockedSinkRow, ofSink, sinkNamed } from './sink-row.ts';
import { type SinkChange, changeSink } from './sink-status.ts';
import { statement } from '../sql/statement.ts';

/** See `DeliveryStore.settle`. */
export async function settleDelivery(
  commits: Commits,
  lease: DeliveryLease,
  asked: Settlement,
  given: SinkNews,
): Promise<Settled> {
  // An event about the sink may be delivered as soon as it is recorded: then it has to last.
  const isPlain = asked.kind === 'delivered' && !lease.hasFailed;
  const commit = isPlain ? commits.oftenSynced : commits.synced;
  return await commit(async (trx): Promise<Settled> => {
    const { sink, stream, token } = lease;
    if (!isPlain || given.pausedUntil !== undefined) await lockDeclaration(trx, 'shared');
    const { settlement, news } = await asDeclared(trx, lease, { settlement: asked, news: given });
    if ((await endLease.changed(trx, { sink, stream, token })) === 0) return { kind: 'lease-lost' };
    const events = coveredBy(settlement, lease.events);
    const rest = lease.events.slice(events.length);
    await settleDeliveries(trx, { sink, stream, events }, settlement, news);
    if (rest.length > 0)
      await uncount(claimedDeliveries(trx, { sink, stream, sequences: sequencesOf(rest) }));
    await advanceLane(trx, { sink, stream, events }, settlement);
    await writeDown(trx, { ...lease, events }, settlement);
    if (news.pausedUntil !== undefined) await pause(trx, sink, news.pausedUntil);
    const change = sinkChangeOf(lease, settlement, news);
    return {
      kind: 'settled',
      events: change === null ? [] : await changeSink(trx, sink, change, settlement.now),
    };
  });
}

/** What the end of an attempt means for the status of the sink; null when it means nothing. */
function sinkChangeOf(
  lease: DeliveryLease,
  settlement: Settlement,
  { failure }: SinkNews,
): SinkChange | null {
  switch (settlement.kind) {
    case 'stopped':
      return { kind: 'stopped', reason: settlement.reason };
    case 'retry':
    case 'split':
      if (failure !== undefined) return { kind: 'failed', ...failure };
      return lease.hasFailed && settlement.kind === 'split' ? { kind: 'settled', how: 'split' } : null;
    case 'delivered':
    case 'dead':
      return lease.hasFailed ? { kind: 'settled', how: settlement.kind } : null;
    case 'released':
      return null;
  }
}

/** What an address says that is declared no more, that it fails, stops or wants a pause, is not about the sink as it is declared. */
async function asDeclared(
  trx: Transaction<Schema>,
  { sink, settings }: DeliveryLease,
  given: { settlement: Settlement; news: SinkNews },
): Promise<{ settlement: Settlement; news: SinkNews }> {
  const { settlement, news } = given;
  if (settlement.kind !== 'stopped' && !news.failure && news.pausedUntil === undefined) return given;
  const row = await sinkNamed.first(trx, { name: sink });
  if (row === undefined || row.settings === settings) return given;
  const kept: Settlement =
    settlement.kind === 'stopped' ? { kind: 'released', now: settlement.now } : settlement;
  return { settlement: kept, news: {} };
}

/** Of several answers the longest pause counts: each speaks for the limit that it has met. */
async function pause(trx: Transaction<Schema>, sink: string, until: number): Promise<void> {
  const row = await lockedSinkRow(trx, sink);
  if (until > (row.paused_until ?? 0)) await ofSink(trx, sink).set({ paused_until: until }).execute();
}

const endLease = statement<Lane & { token: string }, UpdateResult>((db, { sink, stream, token }) =>
  db
    .updateTable('lanes')
    .set(NO_LEASE)
    .where('sink', '=', sink)
    .where('stream', '=', stream)
    .where('lease_token', '=', token),
);

type Claimed = Lane & { sequences: readonly number[] };

function claimedDeliveries(
  db: Kysely<Schema>,
  { sink, stream, sequences }: Claimed,
  states: readonly DeliveryState[] = ['pending'],
) {
  return db
    .updateTable('deliveries')
    .where('sink', '=', sink)
    .where('stream', '=', stream)
    .where(inStates(states))
    .where('sequence', 'in', sequences);
}

/** What was dropped since the claim was delivered all the same. */
const markDelivered = statement<Claimed & { now: number }, UpdateResult>((db, { now, ...claimed }) =>
  claimedDeliveries(db, claimed, ['pending', 'dropped']).set({
    ...{ state: 'delivered', settled_at: now },
    ...{ failed: 0, remaining: null },
  }),
);

function sequencesOf(events: Attempted['events']): number[] {
  return events.map((event) => event.sequence);
}

async function settleDeliveries(
  trx: Transaction<Schema>,
  { sink, stream, events }: Attempted,
  settlement: Settlement,
  news: SinkNews,
): Promise<void> {
  const sequences = sequencesOf(events);
  const claimed = claimedDeliveries(trx, { sink, stream, sequences });
  const failed = news.failure === undefined ? {} : { failed: 1 };
  switch (settlement.kind) {
    case 'delivered':
      await markDelivered.changed(trx, { sink, stream, sequences, now: settlement.now });
      return;
    case 'dead':
      await claimed
        .set({
          state: 'dead',
          crashed_attempts: 0,
          settled_at: settlement.now,
          last_reason: settlement.reason,
        })
        .set({ failed: 0 })
        .execute();
      return;
    case 'retry': {
      const remaining = settlement.remaining ? { remaining: JSON.stringify(settlement.remaining) } : {};
      await claimed
        .set({ last_reason: settlement.reason, crashed_attempts: 0, ...failed, ...remaining })
        .execute();
      return;
    }
    case 'split':
      await claimed
        .set({ last_reason: settlement.reason, crashed_attempts: 0, failed: 0, ...failed })
        .set({ group_limit: Math.ceil(events.length / 2) })
        .execute();
      return;
    case 'stopped':
    case 'released':
      await uncount(claimed);
  }
}

/**
 * As if the attempt had never been claimed. What was queued again meanwhile has none that could be taken back. The time of
 * the first attempt keeps what the claim added to it: nobody could try in that time, so it is no time for trying.
 */
async function uncount(
  claimed: UpdateQueryBuilder<Schema, 'deliveries', 'deliveries', UpdateResult>,
): Promise<void> {
  await claimed
    .set((set) => ({
      attempts: set
        .case()
        .when('attempts', '>', 0)
        .then(set('attempts', '-', 1))
        .else(0)
        .end(),
      crashed_attempts: 0,
      first_attempt_at: set
        .case()
        .when('attempts', '<=', 1)
        .then(null)
        .else(set.ref('first_attempt_at'))
        .end(),
    }))
    .execute();
}

/** Why it ended so: the receiver's answer, or what is wrong. */
function said(settlement: Settlement): string | null {
  if (settlement.kind === 'delivered') return settlement.answer ?? null;
  return 'reason' in settlement ? settlement.reason : null;
}

type Attempt = Attempted & Pick<DeliveryLease, 'attempt' | 'claimedAt' | 'waitedMs' | 'waitedFor'>;

/** For `explain`: how the attempt ended, for those events for which there was nothing to send by themselves. */
async function writeDown(
  trx: Transaction<Schema>,
  { sink, stream, events, attempt, claimedAt, waitedMs, waitedFor }: Attempt,
  settlement: Settlement,
): Promise<void> {
  const unsent = settlement.kind === 'delivered' ? settlement.unsent : undefined;
  const notSent = new Set(unsent?.eventIds);
  const parts = [
    { part: events.filter(({ id }) => !notSent.has(id)), reason: said(settlement) },
    { part: events.filter(({ id }) => notSent.has(id)), reason: unsent?.why ?? null },
  ];
  for (const { part, reason } of parts) {
    if (part.length === 0) continue;
    await writeJournal(trx, { sink, stream, sequences: sequencesOf(part) }, settlement.now, {
      kind: settlement.kind,
      ...{ attempt, claimedAt, waitedMs, waitedFor },
      reason,
      nextAttemptAt: settlement.kind === 'retry' ? settlement.at : null,
    });
  }
}
