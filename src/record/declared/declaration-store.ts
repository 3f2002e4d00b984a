/** What is in force on a SQL store, and which processes are alive on it. See `declarations.ts`. */
import type { Kysely, Transaction } from 'kysely';
import {
  type DeclaredSink,
  type Declaration,
  type Generation,
  NO_GENERATION,
} from '../../declaration/declaration.ts';
import type { Commits } from '../commits.ts';
import { lockDeclaration } from './declaration-lock.ts';
import { adoptKeyWithin } from '../runs/key-breaker.ts';
import { capNextPollsWithin, trackWithin, untrackUndeclaredWithin } from '../runs/run-registry.ts';
import type { Schema } from '../sql/schema.ts';
import { livingProcesses } from './living-processes.ts';
import { generationInForce, readInForce } from './read-in-force.ts';
import { retrySinksNowWithin, resumeSinksWithin, undeclareSinkWithin } from './sink-registry.ts';
import { mentionAll, ofSink } from '../outbox/sink-row.ts';
import { changeSink } from '../outbox/sink-status.ts';
import type { Declared, DeclarationStore, DeclareRequest, LivingProcess, Presence } from '../declarations.ts';

/** The declaration and the living processes of a SQL database. */
export function createDeclarationStore(db: Kysely<Schema>, commits: Commits): DeclarationStore {
  return {
    declare: (request, now) =>
      db.transaction().execute(async (trx) => {
        await lockDeclaration(trx, 'exclusive');
        return await declareWithin(trx, request, now);
      }),

    inForce: () => readInForce(db),

    beat: (presence, now) =>
      commits.unsynced(async (trx) => {
        const reload = await show(trx, presence, now);
        const generation = (await generationInForce.first(trx, {}))?.generation ?? NO_GENERATION;
        return { generation, holder: await holderOf(trx, generation, now), reload };
      }),

    livingProcesses: (now) => livingProcesses(db, now),
  };
}

async function declareWithin(
  trx: Transaction<Schema>,
  request: DeclareRequest,
  now: number,
): Promise<Declared> {
  const { presence, next, keyFingerprint, when } = request;
  const before = await readInForce(trx);
  const isNew = before?.generation !== next.generation;
  await show(trx, presence, now);
  const holder = before !== null && isNew ? await holderAgainst(trx, before, request, now) : null;
  if (before !== null && holder !== null) return { kind: 'held', inForce: before, holder };
  if (isNew) await putInForce(trx, next, now);
  if (isNew && before !== null && when !== 'abandoned') await supersede(trx, before, now);
  const untracked = await applyDeclaration(trx, next.declaration, now);
  await adoptKeyWithin(trx, keyFingerprint, now);
  if (!isNew) return { kind: 'in-force', untracked };
  return {
    kind: 'declared',
    untracked,
    withoutDelivery: before === null ? await eventsWithoutDelivery(trx) : 0,
  };
}

/** The daemon because of which this request does not declare; null when it does. */
async function holderAgainst(
  trx: Transaction<Schema>,
  before: Generation,
  { presence, next, when }: DeclareRequest,
  now: number,
): Promise<LivingProcess | null> {
  if (when === 'always') return null;
  const daemons = (await livingProcesses(trx, now)).filter(
    ({ owner, role }) => role === 'daemon' && owner !== presence.owner,
  );
  if (presence.role === 'follow') return daemons[0] ?? null;
  if (when === 'unless-held' && !(await isSuperseded(trx, next.generation))) return null;
  return daemons.find(({ generation }) => generation === before.generation) ?? null;
}

async function putInForce(
  trx: Transaction<Schema>,
  { generation, declaration }: Generation,
  now: number,
): Promise<void> {
  const row = { generation, content: JSON.stringify(declaration), declared_at: now };
  await trx
    .insertInto('declaration')
    .values({ id: 1, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

async function supersede(trx: Transaction<Schema>, { generation }: Generation, now: number): Promise<void> {
  await trx
    .insertInto('superseded_declarations')
    .values({ generation, superseded_at: now })
    .onConflict((conflict) => conflict.column('generation').doUpdateSet({ superseded_at: now }))
    .execute();
}

/** The runs and sinks of the declaration as the pipeline reads them. Gives the runs that were taken out of the file. */
async function applyDeclaration(
  trx: Transaction<Schema>,
  { runs, sinks, poll }: Declaration,
  now: number,
): Promise<string[]> {
  for (const { id, label, intervalMs, baseline } of runs ?? []) {
    // What the configuration leaves open is not taken back from a run that was tracked with it.
    const given = { ...(label === null ? {} : { label }), ...(intervalMs === null ? {} : { intervalMs }) };
    await trackWithin(trx, { findallId: id, mode: 'declare', baseline, ...given }, now);
  }
  const untracked =
    runs === null
      ? []
      : await untrackUndeclaredWithin(
          trx,
          runs.map(({ id }) => id),
        );
  await capNextPollsWithin(trx, now + poll.maxIntervalMs);
  await applySinks(trx, sinks, now);
  return untracked;
}

/** A sink that is new or has other settings is tried at once: what refused it before is not what is asked now. */
async function applySinks(
  trx: Transaction<Schema>,
  sinks: readonly DeclaredSink[],
  now: number,
): Promise<void> {
  await mentionAll(
    trx,
    sinks.map(({ name }) => name),
  );
  const rows = await trx
    .selectFrom('sinks')
    .select(['name', 'settings', 'state'])
    .orderBy('name')
    .forUpdate()
    .execute();
  const settingsOf = new Map(rows.map(({ name, settings }) => [name, settings]));
  const changed = sinks.filter(({ name, settings }) => settingsOf.get(name) !== settings);
  const declared = new Set(sinks.map(({ name }) => name));
  for (const { name, settings, state } of rows) {
    if (!declared.has(name)) {
      if (settings !== null || state !== 'running') await undeclareSinkWithin(trx, name, now);
    } else if (state === 'failing') {
      // A version before left it so when nothing was pending any more.
      await changeSink(trx, name, { kind: 'settled', how: 'settled' }, now);
    }
  }
  for (const { name, settings } of changed) await ofSink(trx, name).set({ settings }).execute();
  await resumeSinksWithin(trx, [...declared], now);
  await retrySinksNowWithin(
    trx,
    changed.map(({ name }) => name),
    now,
  );
}

/** What was recorded before any daemon declared a sink: for other events a sink has a delivery or a reason. */
async function eventsWithoutDelivery(trx: Transaction<Schema>): Promise<number> {
  const { count } = await trx
    .selectFrom('events')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('skipped', 'is', null)
    .where((is) =>
      is.not(
        is.exists(
          is
            .selectFrom('deliveries')
            .select('sink')
            .whereRef('deliveries.stream', '=', 'events.stream')
            .whereRef('deliveries.sequence', '=', 'events.sequence'),
        ),
      ),
    )
    .executeTakeFirstOrThrow();
  return count;
}

async function isSuperseded(trx: Transaction<Schema>, generation: string): Promise<boolean> {
  const row = await trx
    .selectFrom('superseded_declarations')
    .select('generation')
    .where('generation', '=', generation)
    .executeTakeFirst();
  return row !== undefined;
}

/** Rows of killed processes go after a day. */
const FORGOTTEN_MS = 86_400_000;

/** Gives the number of the reload that the process was asked for and has not answered; 0: of none. */
async function show(trx: Transaction<Schema>, presence: Presence, now: number): Promise<number> {
  await trx
    .deleteFrom('daemons')
    .where('seen_at', '<', now - FORGOTTEN_MS)
    .execute();
  const { owner, role, host, version, startedAt, generation } = presence;
  const row = { role, host, version, generation, started_at: startedAt, seen_at: now };
  const { reload_asked: asked, reload_answered: answered } = await trx
    .insertInto('daemons')
    .values({ owner, ...row })
    .onConflict((conflict) => conflict.column('owner').doUpdateSet(row))
    .returning(['reload_asked', 'reload_answered'])
    .executeTakeFirstOrThrow();
  return asked > answered ? asked : 0;
}

/** A living daemon whose own configuration is in force; of several the one that started first. */
async function holderOf(db: Kysely<Schema>, generation: string, now: number): Promise<LivingProcess | null> {
  if (generation === NO_GENERATION) return null;
  const living = await livingProcesses(db, now);
  return living.find((each) => each.role === 'daemon' && each.generation === generation) ?? null;
}

/** Removes the presence of a process that is gone or going. */
export async function endPresence(trx: Transaction<Schema>, owner: string): Promise<void> {
  await trx.deleteFrom('daemons').where('owner', '=', owner).execute();
}
