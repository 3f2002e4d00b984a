import type { ColumnDefinitionBuilder, Kysely, RawBuilder, SqlBool, Transaction } from 'kysely';
import type { LeaseClock } from '../lease-clock.ts';
import type { Schema } from '../schema.ts';

/** What differs between the databases. Everything else is one code path. */
export interface SqlDialect {
  readonly name: 'sqlite' | 'postgres';
  /**
   * Whether transactions write side by side, those of several replicas too. Then each says by locks what it relies on. False: one
   * transaction writes at a time, and locks are left out.
   */
  readonly writesSideBySide: boolean;
  /** By which clock leases begin and end. */
  readonly leaseClock: LeaseClock;
  /** The type of texts that compare by code point, so that order and ranges of ids are the same. */
  readonly textType: 'text' | RawBuilder<unknown>;
  /** The column of a number that the database gives, growing with each row. */
  readonly numbered: NumberedColumn;
  /** What names a row for as long as nobody changes it, as a text or a number. */
  readonly rowPlace: RawBuilder<unknown>;
  /** The row at such a place. */
  atPlace(place: string): RawBuilder<SqlBool>;
  /** Rows whose text in `column` may hold what is written as an escape now; null: the database refuses such texts. */
  mayHoldUnescaped(column: string): RawBuilder<SqlBool> | null;
  /** Has this transaction wait for others that hold the lock, and hold it until it ends. */
  lock(trx: Transaction<Schema>, lock: AdvisoryLock, how: 'shared' | 'exclusive'): Promise<void>;
  /** Shows that this transaction is about to write events, before its first position is given. See `event-order.ts`. */
  markAppend(trx: Transaction<Schema>): Promise<void>;
  /** A position up to which no event will appear any more that is not there yet; null: all there are. */
  settledUpTo(db: Kysely<Schema>): Promise<number | null>;
  /** See `Upkeep.probe`. */
  probe(db: Kysely<Schema>): Promise<void>;
  /** The last number that was given to a row, whether that is still there or not. */
  lastNumber(db: Kysely<Schema>, table: NumberedTable): Promise<number>;
  /** The next row gets the number after `last`. */
  goOnFrom(db: Kysely<Schema>, table: NumberedTable, last: number): Promise<void>;
}

/** See `SqlDialect.numbered`. */
interface NumberedColumn {
  type: 'bigint' | 'integer';
  build(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
}

/** Tables whose rows the database numbers. */
export type NumberedTable = 'events' | 'journal';

/** `claiming`: claims of all replicas are one after the other. `declaration`: no record is between two declarations. */
export type AdvisoryLock = 'claiming' | 'declaration';
