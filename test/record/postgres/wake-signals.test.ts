import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openOwnedStore, openStore } from '../../../src/record/open-store.ts';
import type { Store } from '../../../src/record/store.ts';
import { createWorkLoop } from '../../../src/work-loop.ts';
import { eventually } from '../../support/eventually.ts';
import { startRelay } from '../../support/servers/silenceable-relay.ts';
import { startPostgres } from '../../support/servers/postgres-server.ts';
import { T0 } from '../../builders/record-builders.ts';
import { claimLane, claimLanes, claimRuns, settle, recordEvents, track } from '../store-actions.ts';
import { emptyTempDatabase, onDatabase } from './temp-postgres.ts';

type Half = 'runs' | 'lanes';

/** What a replica that looks once a minute has claimed, how often it looked and how often it was woken. */
interface Replica {
  failures(): number;
  claimed: string[];
  looks: number;
  hints: number;
}

async function startReplica(url: string, half: Half, options: { pool?: number } = {}): Promise<Replica> {
  const store = await openOwnedStore(url, 'replica', randomUUID, options);
  const replica: Replica = { claimed: [], looks: 0, hints: 0, failures: store.wakeSignalFailures };
  const loop = createWorkLoop<string>({
    ...{
      name: half,
      concurrency: 100,
      tickMs: 60_000,
      clock: systemClock,
      logger: pino({ level: 'silent' }),
    },
    ...{ renewEveryMs: 60_000, renew: async () => true },
    async claim() {
      const claimed = await claim(store, half);
      replica.looks += 1;
      return claimed;
    },
    work: async (item) => void replica.claimed.push(item),
  });
  loop.start();
  await eventually(() => replica.looks === 1);
  store.onWakeSignal(() => {
    replica.hints += 1;
    loop.wake();
  });
  onTestFinished(async () => {
    await loop.stop(0);
    await store.close();
  });
  // It looks for what it missed before it listened.
  await eventually(() => replica.looks === 2);
  return replica;
}

async function claim(store: Store, half: Half): Promise<string[]> {
  if (half === 'lanes')
    return (await claimLanes(store, 'crm', { owner: 'replica' })).map(({ stream }) => stream);
  return (await claimRuns(store, { owner: 'replica' })).map(({ run }) => run.findallId);
}

/** What is claimed once it is so much: long before the minute is over. */
async function claimedBy(replica: Replica, count: number): Promise<string[]> {
  await eventually(() => replica.claimed.length >= count, { within: 30_000 });
  return replica.claimed.toSorted();
}

async function anotherReplica(url: string): Promise<Store> {
  const store = await openStore(url, randomUUID);
  onTestFinished(() => store.close());
  return store;
}

async function listeners(url: string): Promise<number[]> {
  const { rows } = await onDatabase(
    url,
    "select pid from pg_stat_activity where datname = current_database() and query like 'listen %'",
  );
  return rows.map(({ pid }: { pid: number }) => pid);
}

describe('a replica that looks but once a minute', () => {
  test('polls at once what is tracked at another', async () => {
    const url = await emptyTempDatabase();
    const replica = await startReplica(url, 'runs');

    await track(await anotherReplica(url), 'findall_1');

    expect(await claimedBy(replica, 1)).toEqual(['findall_1']);
  });

  test('shows at once what another recorded', async () => {
    const url = await emptyTempDatabase();
    const replica = await startReplica(url, 'lanes', { pool: 1 });

    await recordEvents(await anotherReplica(url), 'findall_1', ['c1']);

    expect(await claimedBy(replica, 1)).toEqual(['findall_1']);
  });

  test('tries at once what another has had retried', async () => {
    const url = await emptyTempDatabase();
    const other = await anotherReplica(url);
    await recordEvents(other, 'findall_1', ['c1']);
    const later = { kind: 'retry', now: T0, at: T0 + 600_000, reason: 'HTTP 503' } as const;
    await settle(other, await claimLane(other, 'crm'), later);
    const replica = await startReplica(url, 'lanes');

    await other.retrySinksNow(['crm'], T0);

    expect(await claimedBy(replica, 1)).toEqual(['findall_1']);
  });

  test('takes over at once what another gives back', async () => {
    const url = await emptyTempDatabase();
    const leaving = await anotherReplica(url);
    await track(leaving, 'findall_1');
    await claimRuns(leaving, { owner: 'leaving', leaseMs: 600_000 });
    const replica = await startReplica(url, 'runs');

    await leaving.releaseOwner('leaving');

    expect(await claimedBy(replica, 1)).toEqual(['findall_1']);
  });

  test('is woken seldom however much another records', async () => {
    const url = await emptyTempDatabase();
    const other = await anotherReplica(url);
    const replica = await startReplica(url, 'lanes');
    const before = replica.hints;
    const since = performance.now();

    for (let count = 0; count < 50; count += 1) await recordEvents(other, `findall_${count}`, ['c1']);

    await eventually(() => replica.claimed.length === 50, { within: 30_000 });
    const most = Math.ceil((performance.now() - since) / 50) + 2;
    expect(replica.hints - before).toBeLessThanOrEqual(most);
  });
});

describe('when the connection for hints is cut', () => {
  test('a new one is made, and what was missed is looked for', async () => {
    const url = await emptyTempDatabase();
    const other = await anotherReplica(url);
    const replica = await startReplica(url, 'runs');
    const [before] = await listeners(url);

    await onDatabase(url, `select pg_terminate_backend(${before})`);
    await track(other, 'findall_1');

    expect(await claimedBy(replica, 1)).toEqual(['findall_1']);
    await eventually(async () => (await listeners(url)).some((pid) => pid !== before));
    expect(replica.failures()).toBeGreaterThan(0);
    await track(other, 'findall_2');
    expect(await claimedBy(replica, 2)).toEqual(['findall_1', 'findall_2']);
  });

  test('and the server stays away for a while, hints come again once it is back', async () => {
    const server = await startPostgres([]);
    onTestFinished(() => server.remove());
    const replica = await startReplica(server.url, 'runs');

    await server.stop('immediate');
    await server.start();

    await track(await anotherReplica(server.url), 'findall_1');
    expect(await claimedBy(replica, 1)).toEqual(['findall_1']);
  });
});

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  'a connection for wake signals whose server goes silent after %i pieces does not keep a store from closing',
  async (pieces) => {
    const server = new URL(await emptyTempDatabase());
    const relay = await startRelay({ host: server.hostname, port: Number(server.port) });
    onTestFinished(() => relay.close());
    server.host = `127.0.0.1:${relay.port}`;
    const store = await openOwnedStore(server.href, 'replica', randomUUID);

    relay.silence(pieces);
    store.onWakeSignal(() => {});
    await eventually(() => relay.isSilent(), { within: 2000 }).catch(() => {});
    store.abandon();
    const askedAt = performance.now();
    await store.close();

    expect(performance.now() - askedAt).toBeLessThan(15_000);
  },
);
