/** What the end of an attempt does to its lane: when it is due, and what its group has sent. */
import { sql, type Transaction, type UpdateResult } from 'kysely';
import type { RunEvent } from '../../run-event.ts';
import type { Settlement } from '../outbox.ts';
import { type Lane, NO_GROUP } from './claim-lane.ts';
import type { Schema } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';

/** What an attempt was about: of what was claimed, the beginning that its settlement covers. */
export type Attempted = Lane & { events: readonly RunEvent[] };

/**
 * When the rest of the lane may be tried: a retry holds it up (order), anything else makes it due as it was. What is delivered
 * or dead counts as sent of its group. The group ends at the latest when nothing of the lane is pending.
 */
export async function advanceLane(
  trx: Transaction<Schema>,
  { sink, stream, events }: Attempted,
  settlement: Settlement,
): Promise<void> {
  switch (settlement.kind) {
    case 'released':
    case 'stopped':
      return;
    case 'retry':
      await setDue.changed(trx, { sink, stream, dueAt: settlement.at, sent: 0 });
      return;
    case 'split':
    case 'delivered':
    case 'dead': {
      const sent = settlement.kind === 'split' ? 0 : events.length;
      const isPending = (await anyPending.first(trx, { sink, stream })) !== undefined;
      if (isPending) await setDue.changed(trx, { sink, stream, dueAt: settlement.now, sent });
      else await closeLane.changed(trx, { sink, stream });
    }
  }
}

const anyPending = statement<Lane, { sequence: number }>((db, { sink, stream }) =>
  db
    .selectFrom('deliveries')
    .select('sequence')
    .where('sink', '=', sink)
    .where('stream', '=', stream)
    .where('state', '=', sql.lit('pending'))
    .limit(1),
);

const setDue = statement<Lane & { dueAt: number; sent: number }, UpdateResult>(
  (db, { sink, stream, dueAt, sent }) =>
    db
      .updateTable('lanes')
      .set((set) => ({ next_attempt_at: dueAt, group_sent: set('group_sent', '+', sent) }))
      .where('sink', '=', sink)
      .where('stream', '=', stream),
);

const closeLane = statement<Lane, UpdateResult>((db, { sink, stream }) =>
  db
    .updateTable('lanes')
    .set({ next_attempt_at: null, ...NO_GROUP })
    .where('sink', '=', sink)
    .where('stream', '=', stream),
);
