import { type Kysely, sql } from 'kysely';
import { EXIT, OperatorError } from '../../errors.ts';
import { ALIVE_MS } from '../declared/living-processes.ts';
import { databaseClock, NO_LEASE } from '../sql/lease-clock.ts';
import { dialectOf } from '../sql/dialects/dialect-of.ts';
import type { NumberedTable } from '../sql/dialects/sql-dialect.ts';
import { livingOwners } from '../sqlite/owner-lock.ts';
import type { Schema } from '../sql/schema.ts';
import { openSqlite } from '../sqlite/sqlite-database.ts';
import { isPostgres, shownPlace } from '../store-place.ts';

/** Rows a statement: 40 columns each stay under SQLite's 32,766 parameters. */
const ROWS = 500;

/** Every table with its key, by which it is read, but who is alive: nobody works on what was moved. */
const TABLES = {
  runs: ['findall_id'],
  candidates: ['findall_id', 'candidate_id'],
  streams: ['stream'],
  events: ['position'],
  deliveries: ['stream', 'sequence', 'sink'],
  lanes: ['sink', 'stream'],
  sinks: ['name'],
  journal: ['position'],
  key_breaker: ['id'],
  declaration: ['id'],
  superseded_declarations: ['generation'],
} as const satisfies Record<Exclude<keyof Schema, 'daemons'>, readonly string[]>;

/** Tables whose rows are claimed. Nobody works on what was moved. */
const CLAIMED: ReadonlySet<string> = new Set(['runs', 'lanes']);

/** Numbered by the database; readers go on from these numbers, so the count goes on where it was. */
const NUMBERED: readonly NumberedTable[] = ['events', 'journal'];

/** Rows by table. */
export type Moved = Record<keyof typeof TABLES, number> & { pending: number };

/**
 * Copies all that is in the store at `from` into the empty store at `to`, as it is at one moment, all or nothing; either
 * may be a file or a PostgreSQL database. `from` stays as it was. Refuses while somebody works on `from`.
 */
export async function moveStore(from: string, to: string, onRows: () => void): Promise<Moved> {
  await using opened = new AsyncDisposableStack();
  const open = async (place: string) => opened.adopt(await openDatabase(place), (db) => db.destroy());
  const source = await open(from);
  const target = await open(to);
  await refuseUsed(target, to);
  return await moveAll(source, target, { from, onRows });
}

async function openDatabase(place: string): Promise<Kysely<Schema>> {
  if (!isPostgres(place)) return await openSqlite(place);
  return await (await import('../postgres/postgres-database.ts')).openPostgres(place, 2);
}

type Rows = Kysely<Record<string, Record<string, unknown>>>;

async function moveAll(
  source: Kysely<Schema>,
  target: Kysely<Schema>,
  { from, onRows }: { from: string; onRows: () => void },
): Promise<Moved> {
  const reading = source.transaction();
  // Of one moment. SQLite's transactions are, and keep writers away.
  const ofOneMoment = dialectOf(source).writesSideBySide
    ? reading.setIsolationLevel('repeatable read')
    : reading;
  return await ofOneMoment.execute(async (there) => {
    await refuseBusy(there, from);
    return await target.transaction().execute(async (here) => {
      const moved: Partial<Record<string, number>> = {};
      for (const table of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
        moved[table] = await moveTable(there as unknown as Rows, here as unknown as Rows, table, onRows);
      }
      for (const table of NUMBERED) {
        const last = await dialectOf(there).lastNumber(there, table);
        if (last > 0) await dialectOf(here).goOnFrom(here, table, last);
      }
      const pending = await countPending(here);
      if (pending !== (await countPending(there))) throw new Error(`${pending} pending deliveries arrived`);
      return { ...moved, pending } as Moved;
    });
  });
}

async function moveTable(
  there: Rows,
  here: Rows,
  table: keyof typeof TABLES,
  onRows: () => void,
): Promise<number> {
  const key: readonly string[] = TABLES[table];
  let moved = 0;
  let after: unknown[] | null = null;
  for (;;) {
    onRows();
    let page = there.selectFrom(table).selectAll().limit(ROWS);
    for (const column of key) page = page.orderBy(column);
    if (after) {
      const place = sql.join(after);
      page = page.where(sql<boolean>`(${sql.join(key.map((column) => sql.ref(column)))}) > (${place})`);
    }
    const rows = await page.execute();
    const last = rows.at(-1);
    if (!last) return moved;
    const free = CLAIMED.has(table) ? rows.map((row) => ({ ...row, ...NO_LEASE })) : rows;
    await here.insertInto(table).values(free).execute();
    moved += rows.length;
    after = key.map((column) => last[column]);
  }
}

async function countPending(db: Kysely<Schema>): Promise<number> {
  const { count } = await db
    .selectFrom('deliveries')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('state', '=', sql.lit('pending'))
    .executeTakeFirstOrThrow();
  return count;
}

async function refuseUsed(db: Kysely<Schema>, to: string): Promise<void> {
  for (const table of Object.keys(TABLES) as (keyof typeof TABLES)[]) {
    const row = await db.selectFrom(table).select(sql<number>`1`.as('one')).limit(1).executeTakeFirst();
    if (row === undefined) continue;
    throw new OperatorError(EXIT.stateCannotBeWritten, `there is state in ${shownPlace(to)} already`, {
      hint: 'it was left as it is: move into an empty place',
    });
  }
}

/** Two daemons with a copy of the state each would both deliver. */
async function refuseBusy(db: Kysely<Schema>, from: string): Promise<void> {
  const leases = dialectOf(db).writesSideBySide
    ? await db
        .selectFrom('runs')
        .select('lease_owner as owner')
        .where('lease_expires_at', '>', databaseClock(0))
        .unionAll(
          db
            .selectFrom('lanes')
            .select('lease_owner as owner')
            .where('lease_expires_at', '>', databaseClock(0)),
        )
        .unionAll(db.selectFrom('daemons').select('owner').where('seen_at', '>', databaseClock(0, -ALIVE_MS)))
        .limit(1)
        .execute()
    : [];
  const living = isPostgres(from) ? [] : livingOwners(from);
  if (leases.length === 0 && living.length === 0) return;
  throw new OperatorError(EXIT.stateCannotBeWritten, `another process uses ${shownPlace(from)}`, {
    hint: 'stop every daemon and follow on it, then move it',
  });
}
