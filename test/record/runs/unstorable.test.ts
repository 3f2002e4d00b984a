import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../../src/model.ts';
import { type PollReport, watchRun } from '../../../src/poll/watch-run.ts';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import type { Store } from '../../../src/record/store.ts';
import { candidate, runObject, snapshot } from '../../builders/model-builders.ts';
import { claimRun } from '../store-actions.ts';
import { makeTempDatabase } from '../postgres/temp-postgres.ts';
import { makeStateFile, tempDirectory } from '../../builders/temp-store.ts';
import { bodyOf, ScriptedSource } from '../../poll/scripted-source.ts';
import { alwaysInForce, MINUTE, POLICY } from '../../poll/watch.ts';

const ID = 'findall_1';
const START = Date.UTC(2026, 10, 1);

/** Refuses what a test calls bad, as a database refuses what is too large for it. */
const REFUSING = {
  SQLite: [
    `create trigger refuse_candidate before insert on candidates when new.candidate_id like 'bad%'
      begin select raise(abort, 'string or blob too big'); end`,
    `create trigger refuse_event before insert on events
      when new.candidate_id = 'loud' or new.type = 'findall.run.failed'
      begin select raise(abort, 'string or blob too big'); end`,
  ],
  PostgreSQL: [
    `create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'string or blob too big' using errcode = '54000'; end $$`,
    `create trigger refuse_candidate before insert on candidates for each row
      when (new.candidate_id like 'bad%') execute function refuse()`,
    `create trigger refuse_event before insert on events for each row
      when (new.candidate_id = 'loud' or new.type = 'findall.run.failed') execute function refuse()`,
  ],
};

async function openRefusing(kind: keyof typeof REFUSING): Promise<Store> {
  const db =
    kind === 'SQLite'
      ? await openSqlite(await makeStateFile(await tempDirectory()))
      : await openPostgres(await makeTempDatabase(), 2);
  for (const statement of REFUSING[kind]) await sql.raw(statement).execute(db);
  return createSqlStore(db, randomUUID);
}

/** A run that is watched by hand: each poll gets these candidates, when the run is due. */
async function watching(store: Store) {
  let now = START;
  await store.trackRun({ findallId: ID, mode: 'resume' }, now);

  async function poll(status: string, ...candidates: Candidate[]): Promise<string[]> {
    now = Math.max(now, (await store.run(ID))?.nextPollAt ?? now);
    const lease = await claimRun(store, ID, { now });
    const reports: PollReport[] = [];
    const source = new ScriptedSource(async () =>
      bodyOf(snapshot(runObject(status, { findall_id: ID }), ...candidates), randomUUID()),
    );
    const clock = { now: () => now, elapsed: () => now, sleep: async () => {} };
    const deps = { source, store, inForce: alwaysInForce(POLICY), clock, random: () => 0.5 };
    const report = (one: PollReport) => reports.push(one);
    await watchRun(
      lease,
      { ...deps, keyFingerprint: 'k1', promptMs: 10_000, report },
      new AbortController().signal,
    );
    const [{ recorded } = { recorded: undefined }] = reports;
    return recorded?.kind === 'recorded' ? recorded.events.map(nameOf) : [];
  }

  return { poll, wait: (ms: number) => (now += ms) };
}

function nameOf({ type, data }: { type: string; data: Record<string, unknown> }): string {
  const id = data['candidate_id'] as string | undefined;
  return id === undefined ? type.slice('findall.'.length) : id;
}

describe.each(['SQLite', 'PostgreSQL'] as const)('what %s cannot hold', (kind) => {
  test('keeps nothing else from being recorded, and is the recorded failure of the run until it can be', async () => {
    const store = await openRefusing(kind);
    const watch = await watching(store);
    const all = ['good 1', 'bad 1', 'good 2', 'loud', 'bad 2'].map((id) => candidate(id));

    expect(await watch.poll('running', ...all)).toEqual(['good 1', 'good 2']);
    expect([...(await store.readPrior(ID)).keys()].toSorted()).toEqual(['good 1', 'good 2']);
    expect(await store.run(ID)).toMatchObject({ failingSinceAt: START, bodyDigest: null });

    watch.wait(5 * MINUTE);
    expect(await watch.poll('running', ...all)).toEqual(['watch.degraded']);
    const [degraded] = await store.events({ types: ['findall.watch.degraded'], limit: 9 });
    expect(degraded?.event.data['reason']).toMatch(
      /^the candidates "bad 1", "loud", "bad 2" cannot be recorded: .*string or blob too big/,
    );

    expect(await watch.poll('running', candidate('good 1'), candidate('good 3'))).toEqual([
      'watch.recovered',
      'good 3',
    ]);
    expect((await store.run(ID))?.failingSinceAt).toBeNull();
    await store.close();
  });

  test('is the failure of the run as a whole when no candidate is to blame', async () => {
    const store = await openRefusing(kind);
    const watch = await watching(store);
    await watch.poll('running', candidate('good 1'));

    expect(await watch.poll('failed', candidate('good 1'))).toEqual([]);
    expect(await store.run(ID)).toMatchObject({ state: 'watching', failures: 1, invalidAnswers: 1 });

    watch.wait(5 * MINUTE);
    expect(await watch.poll('failed', candidate('good 1'))).toEqual(['watch.degraded']);
    const [degraded] = await store.events({ types: ['findall.watch.degraded'], limit: 9 });
    expect(degraded?.event.data['reason']).toMatch(/^the answer cannot be recorded: .*too big/);
    await store.close();
  });
});
