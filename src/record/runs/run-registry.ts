import { type Kysely, sql, type Transaction } from 'kysely';
import type { TrackedRun, WatchState } from '../../model.ts';
import { isPreview } from '../../diff/run-facts.ts';
import { chunked } from '../sql/chunked.ts';
import { chosenRuns } from './choose-runs.ts';
import { newRunRow, RUN_COLUMN_NAMES, RUN_COLUMNS, runFromRow } from './run-columns.ts';
import { NO_LEASE } from '../sql/lease-clock.ts';
import type { Schema } from '../sql/schema.ts';
import { ALONE_AFTER, type RunName, type RunRegistry, type TrackRequest } from '../store.ts';

/** Without its lease a poll in flight records nothing more of this run. */
const UNTRACKED = { state: 'untracked', next_poll_at: null, ...NO_LEASE };

/** The registry of watched runs over a SQL database. */
export function createRunRegistry(db: Kysely<Schema>): RunRegistry {
  return {
    trackRun: (request, now) => db.transaction().execute((trx) => trackWithin(trx, request, now)),

    async untrackRun(findallId) {
      const result = await db
        .updateTable('runs')
        .set(UNTRACKED)
        .where('findall_id', '=', findallId)
        .where('state', '!=', 'untracked')
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    capNextPolls: (latestAt, only) => capNextPollsWithin(db, latestAt, only),

    async run(findallId) {
      const row = await db
        .selectFrom('runs')
        .select(RUN_COLUMN_NAMES)
        .where('findall_id', '=', findallId)
        .executeTakeFirst();
      if (!row) return null;
      const [counted = null] = await withEvaluated(db, [runFromRow(row)]);
      return counted;
    },

    async runs(filter = {}) {
      const rows = await (await chosenRuns(db, filter)).select(RUN_COLUMN_NAMES).execute();
      return await withEvaluated(db, rows.map(runFromRow));
    },

    async runIds(filter = {}) {
      const rows = await (await chosenRuns(db, filter)).select('findall_id').execute();
      return rows.map(({ findall_id: id }) => id);
    },

    runNames: () => readRunNames(db),

    async tallyRuns() {
      // All of it stands in the index `runs_by_state`: the rows, with the API's run objects, are not read.
      const rows = await db
        .selectFrom('runs')
        .select((of) => [
          'state',
          of.fn.countAll<number>().as('count'),
          sql<number>`min(coalesce(last_snapshot_at, watch_since_at) + coalesce(interval_ms, 0))`.as(
            'longestUnseenAt',
          ),
          of.fn.max<number | null>('last_snapshot_at').as('lastSeenAt'),
        ])
        .groupBy('state')
        .execute();
      return rows.map((row) => ({ ...row, state: row.state as WatchState }));
    },
  };
}

async function readRunNames(db: Kysely<Schema>): Promise<RunName[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['findall_id', 'label', 'schema'])
    .orderBy('tracked_at', 'desc')
    .orderBy('findall_id', 'desc')
    .execute();
  return rows.map(({ findall_id: findallId, label, schema }) => {
    const { objective } = RUN_COLUMNS.schema.read(schema) ?? { objective: null };
    return { findallId, label, objective };
  });
}

const EVALUATED = ['matched', 'unmatched', 'discarded'];

/** The runs, of previews with the number of candidates that are evaluated. */
async function withEvaluated(db: Kysely<Schema>, runs: TrackedRun[]): Promise<TrackedRun[]> {
  const previews = runs.filter(({ run }) => run !== null && isPreview(run));
  const counts = new Map<string, number>();
  for (const some of chunked(previews)) {
    const rows = await db
      .selectFrom('candidates')
      .select((of) => ['findall_id', of.fn.countAll<number>().as('count')])
      .where(
        'findall_id',
        'in',
        some.map(({ findallId }) => findallId),
      )
      .where('match_status', 'in', EVALUATED)
      .groupBy('findall_id')
      .execute();
    for (const row of rows) counts.set(row.findall_id, row.count);
  }
  for (const run of previews) run.evaluated = counts.get(run.findallId) ?? 0;
  return runs;
}

/** See `RunRegistry.capNextPolls`. */
export async function capNextPollsWithin(
  db: Kysely<Schema>,
  latestAt: number,
  only?: readonly string[],
): Promise<void> {
  const later = db.updateTable('runs').set({ next_poll_at: latestAt }).where('next_poll_at', '>', latestAt);
  await (only ? later.where('findall_id', 'in', only) : later)
    .where('failures', '=', 0)
    .where('denials', '=', 0)
    .where('refusals', '=', 0)
    .where('unfinished', '<', ALONE_AFTER)
    .execute();
}

/** See `RunRegistry.trackRun`. */
export async function trackWithin(
  trx: Transaction<Schema>,
  request: TrackRequest,
  now: number,
): Promise<'tracked' | 'resumed' | 'updated'> {
  const done = await tryToTrack(trx, request, now);
  return done === 'known meanwhile' ? await trackWithin(trx, request, now) : done;
}

/** False when somebody else was first. */
async function insertRun(trx: Transaction<Schema>, request: TrackRequest, now: number): Promise<boolean> {
  const { findallId, label = null, intervalMs = null, baseline = 'notify' } = request;
  const inserted = await trx
    .insertInto('runs')
    .values({
      ...newRunRow({
        ...{ findallId, label, intervalMs, baseline },
        ...{ trackedAt: now, watchSinceAt: now, nextPollAt: now },
      }),
      declared: request.mode === 'declare' ? 1 : 0,
    })
    .onConflict((conflict) => conflict.column('findall_id').doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}

async function tryToTrack(
  trx: Transaction<Schema>,
  request: TrackRequest,
  now: number,
): Promise<'tracked' | 'resumed' | 'updated' | 'known meanwhile'> {
  const known = await trx
    .selectFrom('runs')
    .select(['state', 'failure_reported'])
    .where('findall_id', '=', request.findallId)
    .forUpdate()
    .executeTakeFirst();
  if (!known) return (await insertRun(trx, request, now)) ? 'tracked' : 'known meanwhile';
  const polled = known.state === 'watching' || known.state === 'lingering';
  const resumes = request.mode === 'resume' ? !polled : known.state === 'untracked' || known.state === 'gone';
  const changes = {
    ...(request.label === undefined ? {} : { label: request.label }),
    ...(request.intervalMs === undefined ? {} : { interval_ms: request.intervalMs }),
    ...(request.baseline === undefined ? {} : { baseline: request.baseline }),
    ...(resumes ? { state: 'watching', failures: 0, denials: 0 } : {}),
    ...(resumes ? { declared: request.mode === 'declare' ? 1 : 0 } : {}),
    ...(resumes || request.mode === 'resume' ? { watch_since_at: now } : {}),
    // Time without polls is no lasting failure. One that was reported is remembered: its end is reported too.
    ...(resumes && known.failure_reported === 0 ? { failing_since_at: null } : {}),
    ...(resumes || request.mode === 'resume' ? { next_poll_at: now, delay_ms: null, unfinished: 0 } : {}),
  };
  if (Object.keys(changes).length > 0) {
    await trx.updateTable('runs').set(changes).where('findall_id', '=', request.findallId).execute();
  }
  return resumes ? 'resumed' : 'updated';
}

/**
 * Untracks the runs that are polled only because a configuration declared them and that are not among `declared` any
 * more. Gives their ids. Who tracked a run by hand before keeps it.
 */
export async function untrackUndeclaredWithin(
  trx: Transaction<Schema>,
  declared: readonly string[],
): Promise<string[]> {
  const keep = new Set(declared);
  const owned = await trx
    .selectFrom('runs')
    .select('findall_id')
    .where('declared', '=', 1)
    .where('next_poll_at', 'is not', null)
    .orderBy('findall_id')
    .forUpdate()
    .execute();
  const gone = owned.map((row) => row.findall_id).filter((id) => !keep.has(id));
  for (const id of gone) {
    await trx
      .updateTable('runs')
      .set({ ...UNTRACKED, declared: 0 })
      .where('findall_id', '=', id)
      .execute();
  }
  return gone;
}
