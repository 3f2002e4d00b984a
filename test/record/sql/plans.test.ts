/**
 * By which plan the reads of commands and of the control API run: none of them may read the rows of other runs. On SQLite the plan
 * does not depend on what is in the tables; on PostgreSQL it does, so they hold enough that reading a table costs more than an index.
 */
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { CompiledQuery, type Kysely, type KyselyPlugin, type RootOperationNode } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import type { Schema } from '../../../src/record/sql/schema.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import type { Store } from '../../../src/record/store.ts';
import { makeTempDatabase } from '../postgres/temp-postgres.ts';
import { makeStateFile, tempDirectory } from '../../builders/temp-store.ts';

const RUN = 'findall_7';
const EVENTS = ['evt_70000001', 'evt_70000002'];

/** What people and programs ask about one run, event, candidate, label or sink. */
const READS: readonly { of: string; read(store: Store): Promise<unknown> }[] = [
  { of: 'explain, for an event', read: (store) => store.traceEvent('evt_70000001') },
  { of: 'explain, for a candidate', read: (store) => store.traceCandidate('c7_1') },
  { of: 'an event by the start of its id', read: (store) => store.events({ idStart: 'evt_7000', limit: 2 }) },
  {
    of: 'explain, for a name',
    read: (store) => store.findCandidates({ text: 'Name 7_1', how: 'whole', limit: 9 }),
  },
  {
    of: 'explain, for a host',
    read: (store) => store.findCandidates({ text: 'host.example', how: 'whole', limit: 9 }),
  },
  {
    of: 'explain, for the first words of a name',
    read: (store) => store.findCandidates({ text: 'Name 7_', how: 'start', limit: 9 }),
  },
  { of: 'show', read: (store) => store.candidates(RUN) },
  {
    of: 'a page of candidates',
    read: (store) => store.candidatePage({ findallId: RUN, statuses: ['matched'], since: 5, limit: 5 }),
  },
  {
    of: 'the next page of candidates',
    read: (store) => store.candidatePage({ findallId: RUN, afterKey: 'c7_1', limit: 5 }),
  },
  { of: 'a run', read: (store) => store.run(RUN) },
  { of: 'the next page of runs', read: (store) => store.runs({ after: RUN, limit: 10 }) },
  { of: 'the first page of runs', read: (store) => store.runs({ limit: 10 }) },
  { of: 'runs of a label', read: (store) => store.runs({ label: 'label 7', limit: 10 }) },
  { of: 'names of runs', read: (store) => store.runIds({ idStart: 'findall_77', limit: 2 }) },
  { of: 'the completion', read: (store) => store.runIds({ idStart: '', latestFirst: true, limit: 200 }) },
  {
    of: 'the events of a run',
    read: (store) => store.events({ findallId: RUN, afterPosition: 0, limit: 500 }),
  },
  {
    of: 'its next events',
    read: (store) => store.events({ findallId: RUN, afterPosition: 9, afterSequence: 2, limit: 500 }),
  },
  { of: 'its latest event', read: (store) => store.events({ findallId: RUN, latestFirst: true, limit: 1 }) },
  { of: 'the outbox of a run', read: (store) => store.deliveryGroups({ stream: RUN, limit: 50 }) },
  { of: 'its deliveries', read: (store) => store.deliveries({ stream: RUN, limit: 50 }) },
  {
    of: 'one delivery',
    read: (store) => store.deliveries({ sink: 'crm', eventId: 'evt_70000001', limit: 1 }),
  },
  { of: 'the name of a sink', read: (store) => store.hasSink('nobody') },
  { of: 'a step of a replay', read: (store) => store.pendingAmong('crm', EVENTS) },
  { of: 'what a step of a replay writes', read: (store) => store.replay('crm', EVENTS, 5) },
];

/** The tables that grow with what was seen. */
const GROWING = ['runs', 'candidates', 'events', 'deliveries', 'lanes'];

/** Remembers each query, as its plan is asked for later. */
function remembering(seen: RootOperationNode[]): KyselyPlugin {
  return {
    transformQuery({ node }) {
      seen.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
}

async function queriesOf(
  db: Kysely<Schema>,
  read: (store: Store) => Promise<unknown>,
): Promise<CompiledQuery[]> {
  const seen: RootOperationNode[] = [];
  await read(createSqlStore(db.withPlugin(remembering(seen)), randomUUID));
  const compiled = seen.map((node) => db.getExecutor().compileQuery(node, { queryId: randomUUID() }));
  return compiled.filter(({ sql }) => /^(?:select|update|with)/.test(sql));
}

describe('on SQLite', () => {
  test.each(READS)('$of reads no other run', async ({ read }) => {
    const path = await makeStateFile(await tempDirectory());
    const [db, plain] = [await openSqlite(path), new DatabaseSync(path)];
    onTestFinished(async () => {
      plain.close();
      await db.destroy();
    });

    const queries = await queriesOf(db, read);

    const steps = queries.flatMap(({ sql, parameters }) =>
      plain.prepare(`explain query plan ${sql}`).all(...(parameters as never[])),
    );
    const details = steps.map(({ detail }) => String(detail));
    expect(details.join('\n')).toMatch(/SEARCH|SCAN/);
    expect(details.filter(isFullScan)).toEqual([]);
    // All that is pending at a sink may be much more than what is asked for.
    expect(details.filter((detail) => /deliveries_pending \(sink=\?\)/.test(detail))).toEqual([]);
  });
});

/** A scan along an index that ends at a limit is a page. */
function isFullScan(detail: string): boolean {
  return detail.startsWith('SCAN') && !/USING (?:COVERING )?INDEX runs_in_order/.test(detail);
}

describe('on PostgreSQL', () => {
  test('none of these reads scans a table that grows', async () => {
    const db = await openPostgres(await makeTempDatabase(), 1);
    onTestFinished(() => db.destroy());
    for (const sql of FILL) await db.executeQuery(CompiledQuery.raw(sql));

    const scans: string[] = [];
    for (const { of, read } of READS) {
      for (const query of await queriesOf(db, read)) {
        const { rows } = await db.executeQuery<Record<string, string>>({
          ...query,
          sql: `explain (costs off) ${query.sql}`,
        });
        const plan = rows.map((row) => row['QUERY PLAN'] ?? '').join('\n');
        const scanned = GROWING.filter((table) => new RegExp(`Seq Scan on ${table}\\b`).test(plan));
        if (scanned.length > 0) scans.push(`${of}: ${query.sql}\n${plan}`);
      }
    }

    expect(scans).toEqual([]);
  });
});

/** 2,000 runs of ten candidates, each with an event and a delivery. */
const FILL = [
  `insert into runs (findall_id, label, baseline, state, episode, declared, tracked_at, watch_since_at, failures, denials,
     refusals, failure_reported, stale_answers, invalid_answers, occurrences, followed_sequence)
   select 'findall_' || i, 'label ' || i, 'notify', 'ended', 1, 0, i, i, 0, 0, 0, 0, 0, 0, '{}', 0
   from generate_series(1, 2000) as i`,
  `insert into candidates (findall_id, candidate_id, match_status, content_digest, occurrences, body, name_key, host_key)
   select 'findall_' || i, 'c' || i || '_' || s, 'matched', '', '{}', '{"candidate_id":"c"}', 'name ' || i || '_' || s, ''
   from generate_series(1, 2000) as i, generate_series(1, 10) as s`,
  `insert into events (id, stream, sequence, type, candidate_id, recorded_at, body)
   select 'evt_' || i || lpad(s::text, 7, '0'), 'findall_' || i, s, 'findall.candidate.matched', 'c' || i || '_' || s, i,
     '{"id":"evt","data":{}}'
   from generate_series(1, 2000) as i, generate_series(1, 10) as s`,
  `insert into deliveries (sink, stream, sequence, state, attempts, crashed_attempts, queued_at)
   select 'crm', stream, sequence, case when sequence = 10 then 'pending' else 'delivered' end, 0, 0, 0 from events`,
  `insert into lanes (sink, stream, next_attempt_at) select 'crm', findall_id, 1 from runs`,
  'analyze',
];
