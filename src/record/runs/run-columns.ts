/**
 * In which column of `runs` each property of a run is, and how: said once. The type of a row, what is selected, the run of a row
 * and the row of a run are derived. A property without a column does not compile, nor does one whose column cannot hold it. Both
 * databases hold the same values.
 */
import type { Baseline, FindallRun, Occurrences, RunSchema, TrackedRun, WatchState } from '../../model.ts';
import { parseJson } from '../../text/exact-number.ts';
import type { RunUpdate } from '../store.ts';

type Scalar = string | number | null;

/** How a value is read from its column, and written there. */
interface Codec<Value, Stored extends Scalar> {
  read: (stored: Stored) => Value;
  write: (value: Value) => Stored;
}

interface Column<Name extends string, Value, Stored extends Scalar> extends Codec<Value, Stored> {
  name: Name;
}

/** A column that has the same value in each new run. */
interface Begun<Value> {
  initial: Value;
}

/** What the columns of all these properties have to be. */
type ColumnsOf<Values> = {
  [Property in keyof Values]: Partial<Begun<Values[Property]>> & {
    name: string;
    read: (stored: never) => Values[Property];
    write: (value: Values[Property]) => Scalar;
  };
};

function column<const Name extends string, Value, Stored extends Scalar>(
  name: Name,
  codec: Codec<Value, Stored>,
): Column<Name, Value, Stored> {
  return { name, ...codec };
}

function begun<const Name extends string, Value, Stored extends Scalar>(
  name: Name,
  codec: Codec<Value, Stored>,
  initial: NoInfer<Value>,
): Column<Name, Value, Stored> & Begun<Value> {
  return { name, initial, ...codec };
}

const text = plain<string, string>();
const textOrNull = plain<string | null, string | null>();
const number = plain<number, number>();
const numberOrNull = plain<number | null, number | null>();
const truth: Codec<boolean, number> = { read: (stored) => stored === 1, write: (value) => (value ? 1 : 0) };

/** A value that is stored as it is. */
function plain<Value extends Stored, Stored extends Scalar>(): Codec<Value, Stored> {
  return { read: (stored) => stored as Value, write: (value) => value };
}

/** An object, as JSON. */
function json<Value>(parse: (json: string) => unknown = JSON.parse): Codec<Value, string> {
  return { read: (stored) => parse(stored) as Value, write: (value) => JSON.stringify(value) };
}

function orNull<Value, Stored extends Scalar>({
  read,
  write,
}: Codec<Value, Stored>): Codec<Value | null, Stored | null> {
  return {
    read: (stored) => (stored === null ? null : read(stored)),
    write: (value) => (value === null ? null : write(value)),
  };
}

/** What a poll writes. */
const POLLED = {
  state: begun('state', plain<WatchState, string>(), 'watching'),
  episode: begun('episode', number, 1),
  run: begun('run', orNull(json<FindallRun>(parseJson)), null),
  bodyDigest: begun('body_digest', textOrNull, null),
  watchSinceAt: column('watch_since_at', number),
  lastPollAt: begun('last_poll_at', numberOrNull, null),
  lastSnapshotAt: begun('last_snapshot_at', numberOrNull, null),
  endedAt: begun('ended_at', numberOrNull, null),
  changedAt: begun('changed_at', numberOrNull, null),
  activeAgain: begun('active_again', truth, false),
  nextPollAt: column('next_poll_at', numberOrNull),
  delayMs: begun('delay_ms', numberOrNull, null),
  failures: begun('failures', number, 0),
  denials: begun('denials', number, 0),
  refusals: begun('refusals', number, 0),
  slow: begun('slow', truth, false),
  unfinished: begun('unfinished', number, 0),
  failingSinceAt: begun('failing_since_at', numberOrNull, null),
  failureReported: begun('failure_reported', truth, false),
  failureReason: begun('failure_reason', textOrNull, null),
  staleSinceAt: begun('stale_since_at', numberOrNull, null),
  staleAnswers: begun('stale_answers', number, 0),
  invalidAnswers: begun('invalid_answers', number, 0),
  occurrences: begun('occurrences', json<Occurrences>(), {}),
} satisfies ColumnsOf<RunUpdate>;

/** What is written for other reasons: by tracking, by `follow`, with the schema. */
const KEPT = {
  findallId: column('findall_id', text),
  label: column('label', textOrNull),
  intervalMs: column('interval_ms', numberOrNull),
  baseline: column('baseline', plain<Baseline, string>()),
  trackedAt: column('tracked_at', number),
  followedSequence: begun('followed_sequence', number, 0),
  schema: begun('schema', orNull(json<RunSchema>()), null),
} satisfies ColumnsOf<Omit<TrackedRun, keyof RunUpdate | 'evaluated'>>;

/** All that is remembered of a run. What is counted where it is read is not among it. */
export const RUN_COLUMNS = { ...KEPT, ...POLLED };

type RowOf<Columns> = {
  [Property in keyof Columns as Columns[Property] extends { name: infer Name extends string }
    ? Name
    : never]: Columns[Property] extends { write: (value: never) => infer Value } ? Value : never;
};

/** A run as it is in the table: its columns. */
export interface RunRow extends RowOf<typeof RUN_COLUMNS> {}

/** What a poll changes of a run, as columns. */
export interface PolledRow extends RowOf<typeof POLLED> {}

/** What a new run is given: the rest is the same for all. */
export type NewRun = Pick<
  TrackedRun,
  {
    [Property in keyof typeof RUN_COLUMNS]: (typeof RUN_COLUMNS)[Property] extends Begun<unknown>
      ? never
      : Property;
  }[keyof typeof RUN_COLUMNS]
>;

/** A column whose types are checked above, with the property that is in it. */
interface Entry extends Codec<unknown, Scalar>, Partial<Begun<unknown>> {
  property: string;
  name: string;
}

function entriesOf(columns: object): readonly Entry[] {
  return Object.entries(columns).map(([property, each]: [string, Omit<Entry, 'property'>]) => ({
    property,
    ...each,
  }));
}

const ALL = entriesOf(RUN_COLUMNS);
const OF_POLLS = entriesOf(POLLED);

/** The names of the columns, to select them. */
export const RUN_COLUMN_NAMES = ALL.map(({ name }) => name) as readonly (keyof RunRow)[];

// To be copied: an object that grows by names that are computed becomes one of V8's dictionaries, which are slower to make and to read.
const BLANK_RUN = blank(ALL.map(({ property }) => property));
const BLANK_ROW = blank(RUN_COLUMN_NAMES);
const BLANK_POLLED = blank(OF_POLLS.map(({ name }) => name));

/** A row of `runs` as the noun. */
export function runFromRow(row: RunRow): TrackedRun {
  const run: Record<string, unknown> = { ...BLANK_RUN, evaluated: null };
  for (const { property, name, read } of ALL) run[property] = read(row[name as keyof RunRow]);
  return run as unknown as TrackedRun;
}

/** A run that has just been tracked and never polled. */
export function newRunRow(given: NewRun): RunRow {
  const initial = Object.fromEntries(ALL.map((each) => [each.property, each.initial]));
  return columnsOf(ALL, { ...initial, ...given }, BLANK_ROW) as unknown as RunRow;
}

/** See `PolledRow`. */
export function rowFromUpdate(update: RunUpdate): PolledRow {
  return columnsOf(OF_POLLS, update, BLANK_POLLED) as unknown as PolledRow;
}

function columnsOf(columns: readonly Entry[], values: object, blankRow: object): object {
  const row: Record<string, Scalar> = { ...blankRow };
  for (const { property, name, write } of columns)
    row[name] = write((values as Record<string, unknown>)[property]);
  return row;
}

function blank(names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, null]));
}
