import type { ExpressionBuilder, Kysely, Transaction } from 'kysely';
import type { WatchState } from '../../model.ts';
import { dialectOf } from '../sql/dialects/dialect-of.ts';
import type { Pruned, PrunePlace, PruneStep } from './retention.ts';
import type { Schema } from '../sql/schema.ts';

/** Runs in these states are polled: their events may still be asked about. */
const POLLED: readonly WatchState[] = ['watching', 'lingering'];

/** The rows that a step looks at: those after the last place up to and including this one. */
interface Span {
  after: number;
  upTo: number;
  next: PrunePlace | null;
}

/**
 * See `Retention.prune`. Looks first and takes the write lock only to delete: by far the most that is old, and still
 * there, is what may not go.
 */
export async function prune(db: Kysely<Schema>, step: PruneStep): Promise<Pruned> {
  const table = step.from?.table ?? 'events';
  const span = await nextSpan(db, table, step);
  return table === 'events' ? await pruneEvents(db, span, step) : await pruneJournal(db, span, step);
}

/** Positions follow the times of recording: the first span without anything old is the last one. */
async function nextSpan(
  db: Kysely<Schema>,
  table: PrunePlace['table'],
  { before, limit, from }: PruneStep,
): Promise<Span> {
  const after = from?.position ?? 0;
  const rows =
    table === 'events'
      ? await db
          .selectFrom('events')
          .select(['position', 'recorded_at as at'])
          .where('position', '>', after)
          .orderBy('position')
          .limit(limit)
          .execute()
      : await db
          .selectFrom('journal')
          .select(['position', 'at'])
          .where('position', '>', after)
          .orderBy('position')
          .limit(limit)
          .execute();
  const upTo = rows.at(-1)?.position ?? after;
  const isLast = rows.length < limit || rows.every(({ at }) => at >= before);
  if (!isLast) return { after, upTo, next: { table, position: upTo } };
  return { after, upTo, next: table === 'events' ? { table: 'journal', position: 0 } : null };
}

async function pruneEvents(db: Kysely<Schema>, span: Span, { before }: PruneStep): Promise<Pruned> {
  const seen = await forgettable(db, span, before).limit(1).execute();
  if (seen.length === 0) return { events: 0, deliveries: 0, next: span.next };
  return await db.transaction().execute(async (trx) => {
    const old = await forgettable(trx, span, before).forUpdate().skipLocked().execute();
    await lockDeliveries(trx, old);
    // Looked at again now that it is ours: some of it may be pending again.
    const events = dialectOf(trx).writesSideBySide ? await forgettable(trx, span, before).execute() : old;
    let deliveries = 0;
    for (const { position, stream, sequence } of events.filter(isAmong(old))) {
      const gone = await trx
        .deleteFrom('deliveries')
        .where('stream', '=', stream)
        .where('sequence', '=', sequence)
        .executeTakeFirst();
      deliveries += Number(gone.numDeletedRows);
      await trx.deleteFrom('events').where('position', '=', position).execute();
    }
    return { events: events.length, deliveries, next: span.next };
  });
}

interface Place {
  position: number;
  stream: string;
  sequence: number;
}

async function lockDeliveries(trx: Transaction<Schema>, events: readonly Place[]): Promise<void> {
  if (!dialectOf(trx).writesSideBySide || events.length === 0) return;
  await trx
    .selectFrom('deliveries')
    .select('sink')
    .where((is) =>
      is(
        is.refTuple('stream', 'sequence'),
        'in',
        events.map(({ stream, sequence }) => is.tuple(stream, sequence)),
      ),
    )
    .orderBy('sink')
    .orderBy('stream')
    .orderBy('sequence')
    .forUpdate()
    .execute();
}

function isAmong(places: readonly Place[]): (place: Place) => boolean {
  const positions = new Set(places.map(({ position }) => position));
  return ({ position }) => positions.has(position);
}

function forgettable(db: Kysely<Schema>, { after, upTo }: Span, before: number) {
  return db
    .selectFrom('events')
    .select(['position', 'stream', 'sequence'])
    .where('position', '>', after)
    .where('position', '<=', upTo)
    .where('recorded_at', '<', before)
    .where((is) => is.not(is.exists(deliveryInUse(is, before))))
    .where((is) => is.not(is.exists(runInUse(is, before))));
}

/** What is pending; and what was settled only lately, so that a dead letter is to be seen for as long as anything. */
function deliveryInUse(is: ExpressionBuilder<Schema, 'events'>, before: number) {
  return is
    .selectFrom('deliveries')
    .select('sink')
    .whereRef('deliveries.stream', '=', 'events.stream')
    .whereRef('deliveries.sequence', '=', 'events.sequence')
    .where((of) => of.or([of('state', '=', 'pending'), of('settled_at', '>=', before)]));
}

/** Streams of the key and of sinks have no run. */
function runInUse(is: ExpressionBuilder<Schema, 'events'>, before: number) {
  return is
    .selectFrom('runs')
    .select('findall_id')
    .whereRef('findall_id', '=', 'stream')
    .where((of) =>
      of.or([
        of('state', 'in', POLLED),
        of('ended_at', '>=', before),
        of('last_poll_at', '>=', before),
        of('watch_since_at', '>=', before),
      ]),
    );
}

/** A row of the journal is about several events of a stream: it goes once none of them is left. */
async function pruneJournal(
  db: Kysely<Schema>,
  { after, upTo, next }: Span,
  { before }: PruneStep,
): Promise<Pruned> {
  const rows = await db
    .selectFrom('journal')
    .select('position')
    .where('position', '>', after)
    .where('position', '<=', upTo)
    .where('at', '<', before)
    .where((is) =>
      is.not(
        is.exists(
          is
            .selectFrom('events')
            .select('position')
            .whereRef('events.stream', '=', 'journal.stream')
            .whereRef('events.sequence', '>=', 'journal.first_sequence')
            .whereRef('events.sequence', '<=', 'journal.last_sequence'),
        ),
      ),
    )
    .execute();
  // Events never come back, so what was seen outside the transaction still holds.
  if (rows.length > 0) {
    await db
      .deleteFrom('journal')
      .where(
        'position',
        'in',
        rows.map(({ position }) => position),
      )
      .execute();
  }
  return { events: 0, deliveries: 0, next };
}
