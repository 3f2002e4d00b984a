import type { Selectable, Transaction } from 'kysely';
import type { RunEvent } from '../../run-event.ts';
import { appendEvents } from '../events/append-events.ts';
import type { KeyTable, Schema } from '../sql/schema.ts';
import type { KeyChange } from '../store.ts';

/**
 * Opens or closes the breaker, once: of many polls in flight that meet the same refusal, the first reports it. Only the
 * adopted key counts: a person who tries another key beside the daemon causes no event.
 */
export async function changeKey(
  trx: Transaction<Schema>,
  change: KeyChange,
  now: number,
): Promise<RunEvent[]> {
  const breaker = await lockedBreaker(trx, change, now);
  if (breaker === null) return [];
  const { episode } = breaker;
  const refused = breaker.refused === 1;
  if (breaker.fingerprint !== change.fingerprint) return [];
  if (change.kind === 'accepted') {
    if (!refused || episode !== change.episode) return [];
    await trx.updateTable('key_breaker').set({ refused: 0 }).execute();
    return await appendEvents(trx, [change.event], now);
  }
  const { fingerprint, status, reason, probeAt } = change;
  if (refused) {
    await trx.updateTable('key_breaker').set({ probe_at: probeAt, status, reason }).execute();
    return [];
  }
  if (episode !== change.episode) return [];
  const row = {
    refused: 1,
    episode: episode + 1,
    fingerprint,
    status,
    reason,
    probe_at: probeAt,
    since: now,
  };
  await trx.updateTable('key_breaker').set(row).execute();
  return await appendEvents(trx, [change.event], now);
}

/** The breaker, locked: of several who are refused at once each sees what the one before it made of it. */
async function lockedBreaker(
  trx: Transaction<Schema>,
  { kind, fingerprint }: KeyChange,
  now: number,
): Promise<Selectable<KeyTable> | null> {
  const find = trx.selectFrom('key_breaker').selectAll().forUpdate();
  const found = await find.executeTakeFirst();
  if (found) return found;
  if (kind === 'accepted') return null;
  await trx
    .insertInto('key_breaker')
    .values(untriedKey(fingerprint, now))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return await find.executeTakeFirstOrThrow();
}

/** See `DeclarationStore.declare`: the refusals of this key are the breaker's from now on, and a refused one is probed at once. */
export async function adoptKeyWithin(
  trx: Transaction<Schema>,
  fingerprint: string,
  now: number,
): Promise<void> {
  await trx
    .insertInto('key_breaker')
    .values(untriedKey(fingerprint, now))
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ fingerprint, probe_at: now }))
    .execute();
}

/** A key that was never refused. */
function untriedKey(fingerprint: string, now: number): Selectable<KeyTable> {
  return { id: 1, refused: 0, episode: 0, fingerprint, status: 0, reason: '', since: now, probe_at: now };
}
