import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { callersClock } from '../../../src/record/sql/lease-clock.ts';
import { openStore } from '../../../src/record/open-store.ts';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import type { Store } from '../../../src/record/store.ts';
import { claimLanes, settle, track } from '../store-actions.ts';
import { anyHistory, type Reality, RUNS, SINKS } from './store-commands.ts';
import { pendingOf, StoreModel } from './store-model.ts';
import { emptyTempDatabase } from '../postgres/temp-postgres.ts';
import { makeStateFile } from '../../builders/temp-store.ts';
import { makeTempDirectory, removeTempDirectory } from '../../support/temp-directory.ts';

// The seed is that of every property (support/property-seed.ts); a failure prints it with the path of its shortest history.
const runs = Number(process.env['MODEL_RUNS'] ?? 40);

/** What has been reported and what is pending, at the end of a history. */
interface Books {
  /** [id, sequence] of every event, by run. */
  reported: [string, [string, number][]][];
  counts: { sink: string; pending: number; dead: number }[];
  /** Sequences still pending, by sink and stream. */
  pending: [string, number[]][];
}

async function booksOfStore(store: Store, now: number): Promise<Books> {
  const reported = RUNS.map(async (findallId): Promise<Books['reported'][number]> => {
    const events = await store.events({ findallId, limit: 10_000 });
    return [findallId, events.map(({ event }) => [event.id, event.sequence])];
  });
  const backlog = await store.backlog();
  return {
    reported: await Promise.all(reported),
    counts: backlog
      .filter(({ pending, dead }) => pending + dead > 0)
      .map(({ sink, pending, dead }) => ({ sink, pending, dead })),
    pending: [...(await deliverWhatIsPending(store, now))].toSorted(byName),
  };
}

/** Delivers everything that is still pending, also what was stopped or delayed, and says what that was. */
async function deliverWhatIsPending(store: Store, now: number): Promise<Map<string, number[]>> {
  const delivered = new Map<string, number[]>();
  await store.resumeSinks(SINKS, now);
  for (const sink of SINKS) {
    for (;;) {
      const leases = await claimLanes(store, sink, { owner: 'the end', now, batch: 2 });
      if (leases.length === 0) break;
      for (const lease of leases) {
        const name = `${sink} ${lease.stream}`;
        delivered.set(name, [...(delivered.get(name) ?? []), ...lease.events.map((event) => event.sequence)]);
        await settle(store, lease, { kind: 'delivered', now });
      }
    }
  }
  return delivered;
}

function booksOfModel(model: StoreModel): Books {
  const lanes = [...model.lanes.values()];
  const counts = SINKS.map((sink) => {
    const deliveries = lanes.filter((lane) => lane.sink === sink).flatMap((lane) => lane.deliveries);
    const count = (state: string) => deliveries.filter((delivery) => delivery.state === state).length;
    return { sink, pending: count('pending'), dead: count('dead') };
  });
  const pending = lanes.map((lane): [string, number[]] => [
    `${lane.sink} ${lane.stream}`,
    pendingOf(lane).map((delivery) => delivery.sequence),
  ]);
  return {
    reported: RUNS.map((run) => [
      run,
      (model.reported.get(run)?.events ?? []).map(({ id, sequence }) => [id, sequence]),
    ]),
    counts: counts.filter((of) => of.pending + of.dead > 0),
    pending: pending.filter(([, sequences]) => sequences.length > 0).toSorted(byName),
  };
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** Where a history happens, made for each. */
interface Place {
  open(): Promise<Store>;
  remove(): Promise<void>;
}

async function inFile(): Promise<Place> {
  const directory = await makeTempDirectory();
  const path = await makeStateFile(directory);
  return {
    open: async () => openStore(path, randomUUID),
    remove: async () => removeTempDirectory(directory),
  };
}

async function inDatabase(): Promise<Place> {
  const url = await emptyTempDatabase();
  return {
    open: async () => createSqlStore(await openPostgres(url, 2), randomUUID, { leaseClock: callersClock }),
    remove: async () => {},
  };
}

test.each([
  { where: 'a SQLite file', place: inFile, numRuns: runs },
  // Each statement is a way to another process and back: fewer of them take as long.
  { where: 'a PostgreSQL database', place: inDatabase, numRuns: Math.ceil(runs / 4) },
])(
  `in $where two owners in any order keep what is pending, and nothing is settled twice`,
  async ({ place, numRuns }) => {
    const history = fc.asyncProperty(anyHistory(150), async (steps) => {
      const { open, remove } = await place();
      const real: Reality = { stores: [await open(), await open()], open, runLeases: [], laneLeases: [] };
      const model = new StoreModel();
      await track(real.stores[0], ...RUNS);
      for (const run of RUNS) model.track(run);
      try {
        await fc.asyncModelRun(() => ({ model, real }), steps);
        // Later than every retry and every lease.
        expect(await booksOfStore(real.stores[0], model.now + 1e9)).toEqual(booksOfModel(model));
      } finally {
        for (const store of real.stores) await store.close();
        await remove();
      }
    });
    await fc.assert(history, { numRuns });
  },
  60_000 + runs * 400,
);
