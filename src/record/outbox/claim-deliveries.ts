import { setImmediate } from 'node:timers/promises';
import type { Kysely, Transaction } from 'kysely';
import { LONGEST_RETRY_AFTER_MS } from '../../backoff.ts';
import type { Commits } from '../commits.ts';
import type { DeliveryLease } from '../outbox.ts';
import type { Schema } from '../sql/schema.ts';
import { lockedSinkRow, ofSink, sinkNamed, sinkRow } from './sink-row.ts';
import { type Claim, type ClaimNow, type DueLane, takeReady } from './claim-lane.ts';
import { statement } from '../sql/statement.ts';
import { freeSlots } from './rate-slots.ts';

/** Due lanes that one transaction looks at, ready or not: others on the same file get their turn in between. */
const LOOKED_AT = 100;

/** See `DeliveryStore.claimDueDeliveries`. */
export async function claimDueDeliveries(
  db: Kysely<Schema>,
  commits: Commits,
  claim: Claim,
  token: string,
): Promise<DeliveryLease[]> {
  // An idle daemon looks often: look without the write lock first.
  const any = await dueLane.first(db, dueBy({ ...claim, now: claim.now() }));
  if (any === undefined || !(await mayDeliver(db, claim))) return [];
  for (;;) {
    const { leases, hasMore } = await claimAmongFirst(commits, claim, token);
    if (leases.length > 0 || !hasMore) return leases;
    // All of them are held now, so the next are others. However many those are, they do not stop the process.
    await setImmediate();
  }
}

/** A sink that gives nothing for long must not cost a write lock at every look. */
async function mayDeliver(db: Kysely<Schema>, { sink, settings }: Claim): Promise<boolean> {
  const row = await sinkNamed.first(db, { name: sink });
  return row === undefined || (row.state !== 'stopped' && row.settings === settings);
}

/** Claims among the first due lanes. `hasMore`: all that were looked at are due no more, others may be. */
async function claimAmongFirst(
  commits: Commits,
  asked: Claim,
  token: string,
): Promise<{ leases: DeliveryLease[]; hasMore: boolean }> {
  return await commits.unsynced(async (trx) => {
    // Rate slots are counted in the sink's row: by one claim at a time.
    const sink = await (asked.rate ? lockedSinkRow(trx, asked.sink) : sinkRow(trx, asked.sink));
    // Now that it is ours: a slot that was dated before the wait for it would be over too soon.
    const claim = { ...asked, now: asked.now() };
    if (
      sink.state === 'stopped' ||
      sink.settings !== claim.settings ||
      isPaused(sink.paused_until, claim.now)
    ) {
      return { leases: [], hasMore: false };
    }
    const sentAt = JSON.parse(sink.sent_at) as number[];
    const slots = claim.rate ? freeSlots(claim.rate, sentAt, claim.now) : null;
    const limit = Math.min(claim.streams, slots?.free ?? Infinity);
    const leases: DeliveryLease[] = [];
    let looked = 0;
    let lanes: DueLane[];
    do {
      // No more than may be taken: what is locked here is passed over by others meanwhile.
      lanes = await lockDueLanes(trx, claim, Math.min(limit - leases.length, LOOKED_AT));
      looked += lanes.length;
      for (const lane of lanes) {
        const taken = await takeReady(trx, claim, lane, token);
        if (taken) leases.push({ ...taken, ...waitOf(claim, lane, sentAt) });
      }
    } while (lanes.length > 0 && leases.length < limit && looked < LOOKED_AT);
    if (slots && leases.length > 0) {
      const begun = [...slots.kept, ...leases.map(() => claim.now)];
      await ofSink(trx, claim.sink)
        .set({ sent_at: JSON.stringify(begun) })
        .execute();
    }
    return { leases, hasMore: looked >= LOOKED_AT };
  });
}

/** How far the clocks of two processes on one store may differ. */
const CLOCKS_DIFFER_MS = 60_000;

/** No receiver is believed that long: what lies further ahead was said before the clock was set back. */
function isPaused(until: number | null, now: number): boolean {
  return until !== null && until > now && until <= now + LONGEST_RETRY_AFTER_MS + CLOCKS_DIFFER_MS;
}

/** What others are at is passed over: they leave it settled, or due. */
async function lockDueLanes(trx: Transaction<Schema>, claim: ClaimNow, limit: number): Promise<DueLane[]> {
  if (limit === 0) return [];
  return await firstDueLanes.rows(trx, { ...dueBy(claim), limit });
}

type DueBy = Pick<ClaimNow, 'sink' | 'now' | 'leaseClock'>;

function dueBy({ sink, now, leaseClock }: ClaimNow): DueBy {
  return { sink, now, leaseClock };
}

const dueLane = statement<DueBy, object>((db, by) => dueLanes(db, by).limit(1));

const firstDueLanes = statement<DueBy & { limit: number }, DueLane>((db, by) =>
  dueLanes(db, by).limit(by.limit).forUpdate().skipLocked(),
);

function dueLanes(db: Kysely<Schema>, { sink, now, leaseClock }: DueBy) {
  return db
    .selectFrom('lanes')
    .select(['stream', 'next_attempt_at', 'held_by', 'held_since', 'send_through', 'group_sent'])
    .where('sink', '=', sink)
    .where('next_attempt_at', '<=', now)
    .where((is) => is.or([is('lease_expires_at', 'is', null), is('lease_expires_at', '<=', leaseClock(now))]))
    .orderBy('next_attempt_at');
}

/** How long a lane has been ready, and for what: the rate, if no slot was free when it became so. */
function waitOf(
  { rate, now }: ClaimNow,
  { next_attempt_at: dueAt }: DueLane,
  sentAt: readonly number[],
): Pick<DeliveryLease, 'waitedMs' | 'waitedFor'> {
  const readyAt = dueAt ?? now;
  const lastFull = rate ? sentAt.at(-rate.count) : undefined;
  const full = rate !== null && lastFull !== undefined && lastFull + rate.windowMs > readyAt;
  return { waitedMs: now - readyAt, waitedFor: full ? 'rate' : 'turn' };
}
