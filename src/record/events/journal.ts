import type { InsertResult, Kysely, Selectable, Transaction } from 'kysely';
import type { StreamId } from '../../run-event.ts';
import type { JournalEntry } from '../outbox-operations.ts';
import type { JournalTable, Schema } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';

/** Deliveries of one lane. */
export interface LanePart {
  sink: string;
  stream: StreamId;
  /** Ascending, at least one. */
  sequences: readonly number[];
}

/** Like `Omit`, for each kind of a union. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** Writes down what happens to some deliveries of a lane, inside the transaction in which it happens. */
export async function writeJournal(
  trx: Transaction<Schema>,
  { sink, stream, sequences }: LanePart,
  at: number,
  entry: Without<JournalEntry, 'at' | 'count'>,
): Promise<void> {
  await insertEntry.changed(trx, {
    sink,
    stream,
    first_sequence: sequences[0] ?? 0,
    last_sequence: sequences.at(-1) ?? 0,
    ranges: JSON.stringify(rangesOf(sequences)),
    at,
    entry: JSON.stringify(entry),
  });
}

const insertEntry = statement<Omit<Selectable<JournalTable>, 'position'>, InsertResult>((db, row) =>
  db.insertInto('journal').values(row),
);

/** What happened to one delivery, in order. */
export async function readJournal(
  db: Kysely<Schema>,
  sink: string,
  stream: StreamId,
  sequence: number,
): Promise<JournalEntry[]> {
  const rows = await db
    .selectFrom('journal')
    .select(['at', 'ranges', 'entry'])
    .where('stream', '=', stream)
    .where('sink', '=', sink)
    .where('last_sequence', '>=', sequence)
    .where('first_sequence', '<=', sequence)
    .orderBy('position')
    .execute();
  return rows.flatMap((row) => {
    const ranges = JSON.parse(row.ranges) as Range[];
    if (!ranges.some(([first, last]) => first <= sequence && sequence <= last)) return [];
    const count = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    return [{ at: row.at, count, ...(JSON.parse(row.entry) as Without<JournalEntry, 'at' | 'count'>) }];
  });
}

type Range = [first: number, last: number];

/** 1, 2, 3, 7 as [1, 3], [7, 7]. */
function rangesOf(sequences: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (const sequence of sequences) {
    const last = ranges.at(-1);
    if (last && last[1] === sequence - 1) last[1] = sequence;
    else ranges.push([sequence, sequence]);
  }
  return ranges;
}
