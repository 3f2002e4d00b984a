/**
 * What a claim costs as the store grows, and by which plan: `npm run bench:claims -- --runs 1000000`. A PostgreSQL of its
 * own with the settings of a real one; rows are made in bulk, ten deliveries a run, nine of ten settled.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { CompiledQuery, KyselyPlugin, RootOperationNode } from 'kysely';
import { databaseClock } from '../../src/record/sql/lease-clock.ts';
import { openPostgres } from '../../src/record/postgres/postgres-database.ts';
import { createSqlStore } from '../../src/record/sql-store.ts';
import { aDraft, aRecord, queued } from '../builders/record-builders.ts';
import { claimLanes, claimRuns, DELIVERED } from '../record/store-actions.ts';
import { startPostgres } from '../support/servers/postgres-server.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000,10000,100000,1000000' } } });
const CLAIMS = 200;
const EACH = 8;

const say = (text: string) => process.stdout.write(`${text}\n`);

for (const runs of values.runs.split(',').map(Number)) {
  const server = await startPostgres(['shared_buffers=1GB', 'max_wal_size=8GB']);
  try {
    await measure(server.url, runs);
  } finally {
    await server.remove();
  }
}

async function measure(url: string, runs: number): Promise<void> {
  const seen: RootOperationNode[] = [];
  const plain = await openPostgres(url, 4);
  await fill(url, runs);
  const db = plain.withPlugin(listener(seen));
  const store = createSqlStore(db, randomUUID, { leaseClock: databaseClock });
  const now = Date.now();
  const claims = Math.min(CLAIMS, Math.floor(runs / EACH));
  const laps = new Map<string, number>();
  const lap = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const value = await act();
    laps.set(name, (laps.get(name) ?? 0) + performance.now() - from);
    return value;
  };
  for (let time = 0; time < claims; time += 1) {
    const leases = await lap(`claim of ${EACH} runs`, async () =>
      claimRuns(store, { now, limit: EACH, budget: 1000, leaseMs: 60_000 }),
    );
    for (const lease of leases) {
      const events = [queued(aDraft(lease.run.findallId, `bench ${time}`), 'crm')];
      const update = { nextPollAt: now + 60_000 };
      await lap(`record of a poll with an event`, async () =>
        store.recordPoll(lease, aRecord(lease, { now, update, events })),
      );
    }
    const lanes = await lap(`claim of ${EACH} lanes`, async () =>
      claimLanes(store, 'crm', { now, streams: EACH }),
    );
    for (const lane of lanes) await lap('settle', async () => store.settle(lane, { ...DELIVERED, now }));
  }
  say(`\n${runs} runs, ${runs * 10} deliveries`);
  for (const [name, took] of laps) {
    say(`  ${name}: ${(took / claims / (name.startsWith('claim') ? 1 : EACH)).toFixed(2)} ms`);
  }
  for (const name of ['tallyRuns', 'backlog'] as const) {
    const from = performance.now();
    await store[name]();
    say(`  ${name}: ${(performance.now() - from).toFixed(0)} ms`);
  }
  if (runs >= 1_000_000) {
    const queries = new Map(seen.map((node) => [compile(db, node).sql, compile(db, node)]));
    for (const query of queries.values()) {
      if (/^select.*(?:skip locked|limit|"lease_expires_at" >)|^update "runs".*returning/s.test(query.sql))
        await explain(plain, query);
    }
  }
  await plain.destroy();
}

function listener(seen: RootOperationNode[]): KyselyPlugin {
  return {
    transformQuery({ node }) {
      if (seen.length < 200) seen.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
}

type Database = Awaited<ReturnType<typeof openPostgres>>;

function compile(db: Database, node: RootOperationNode): CompiledQuery {
  return db.getExecutor().compileQuery(node, { queryId: 'bench' });
}

async function explain(db: Database, query: CompiledQuery): Promise<void> {
  say(`\n${query.sql}`);
  await db.transaction().execute(async (trx) => {
    const analyzed = { ...query, sql: `explain (analyze, costs off, timing off, summary off) ${query.sql}` };
    const { rows } = await trx.executeQuery<Record<string, string>>(analyzed);
    for (const row of rows) say(`    ${row['QUERY PLAN'] ?? ''}`);
  });
}

/** All runs due by now, tracked over the last hour; of ten events nine are delivered, one is pending. */
async function fill(url: string, runs: number): Promise<void> {
  const { Client } = await import('pg');
  const client = new Client(`${url}?options=-c%20search_path=findall_watch`);
  await client.connect();
  // The first failure ends it all, the server too.
  client.on('error', () => {});
  const now = Date.now();
  await client.query(`
    insert into runs (findall_id, baseline, state, episode, run, body_digest, declared, tracked_at, watch_since_at,
      last_poll_at, last_snapshot_at, next_poll_at, delay_ms, failures, denials, refusals, failure_reported, stale_answers,
      invalid_answers, occurrences, followed_sequence)
    select 'findall_' || md5(i::text), 'notify', 'watching', 1,
      '{"findall_id":"x","status":{"status":"running","is_active":true}}', md5(i::text), 0, ${now}, ${now},
      ${now}, ${now}, ${now} - i % 3600000, 5000, 0, 0, 0, 0, 0, 0, '{}', 0
    from generate_series(1, ${runs}) as i`);
  await client.query(`insert into streams select findall_id, 10 from runs`);
  await client.query(`
    insert into events (id, stream, sequence, type, recorded_at, body, skipped)
    select 'evt_' || md5(findall_id || s), findall_id, s, 'findall.candidate.matched', ${now}, 
      '{"id":"evt","type":"findall.candidate.matched","data":{"candidate_id":"' || s || '"}}', null
    from runs, generate_series(1, 10) as s`);
  await client.query(`
    insert into deliveries select 'crm', stream, sequence, case when sequence = 10 then 'pending' else 'delivered' end,
      0, 0, null, null, null, recorded_at, null from events`);
  await client.query(`insert into lanes select 'crm', findall_id, ${now} - 1 from runs`);
  await client.query(`insert into sinks (name, state, episode, sent_at) values ('crm', 'running', 1, '[]')`);
  await client.query('vacuum analyze');
  await client.end();
}
