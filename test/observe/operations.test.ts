import { createStatusReader } from '../../src/observe/read-status.ts';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { createOperations, type Operations } from '../../src/observe/operations.ts';
import type { Store } from '../../src/record/store.ts';
import type { LoopHealth } from '../../src/work-loop.ts';
import { ConfigHarness } from '../config/config-harness.ts';
import { openTempStore } from '../builders/temp-store.ts';

interface World {
  operations: Operations;
  url: string;
  loops: LoopHealth[];
  broken: Set<keyof Store>;
}

/** Operations over a real store of which single methods can be broken, in a process without loops. */
async function openWorld(): Promise<World> {
  const { config } = new ConfigHarness().load({ FINDALL_WATCH_HTTP_PORT: '0' });
  const real = await openTempStore();
  const broken = new Set<keyof Store>();
  const store = Object.fromEntries(
    Object.entries(real).map(([name, method]: [string, (...given: never[]) => Promise<unknown>]) => [
      name,
      async (...given: never[]) => {
        if (broken.has(name as keyof Store)) throw new Error('disk I/O error at /secret/path');
        return await method(...given);
      },
    ]),
  ) as unknown as Store;
  const loops: LoopHealth[] = [
    { name: 'scheduler', turnedAt: systemClock.elapsed(), failing: false, boundMs: 30_000 },
  ];
  const operations = createOperations(config.http as NonNullable<Config['http']>, config, {
    ...{ store, readStatus: createStatusReader(store, systemClock), clock: systemClock },
    ...{ logger: pino({ level: 'silent' }), version: '1', nodeVersion: '24' },
  });
  onTestFinished(() => operations.close());
  const url = await operations.listen({
    health: () => loops,
    wake: () => {},
    problem: () => null,
    wakeSignalFailures: () => 0,
    sinksLeftToOthers: () => [],
  });
  operations.enter('running');
  return { operations, url, loops, broken };
}

async function ask(url: string): Promise<[number, string]> {
  const answer = await fetch(url);
  return [answer.status, await answer.text()];
}

test('a loop that hangs is reported by livez, with its name', async () => {
  const { url, loops } = await openWorld();
  expect(await ask(`${url}/livez`)).toEqual([200, 'ok\n']);
  loops.push({
    name: 'dispatcher crm',
    turnedAt: systemClock.elapsed() - 61_000,
    failing: false,
    boundMs: 30_000,
  });
  expect(await ask(`${url}/livez`)).toEqual([503, 'dispatcher crm: no round for 61 s\n']);
});

test('a store that does not answer is reported by readyz and no reason of its own gets out; livez stays', async () => {
  const { url, broken } = await openWorld();
  expect(await ask(`${url}/readyz`)).toEqual([200, 'ok\n']);
  broken.add('key');
  expect(await ask(`${url}/readyz`)).toEqual([503, 'store: does not answer\n']);
  expect(await ask(`${url}/livez`)).toEqual([200, 'ok\n']);
});

test('a write that fails makes it not ready, the next that succeeds ready again', async () => {
  const { operations, url, broken } = await openWorld();
  const lease = {
    ...{
      sink: 'log',
      stream: 'key',
      owner: 'me',
      token: 'x',
      expiresAt: 0,
      attempt: 1,
      crashedAttempts: 0,
      events: [],
    },
  } as unknown as Parameters<Store['settle']>[0];
  broken.add('settle');
  await expect(operations.store.settle(lease, { kind: 'delivered', now: 0 })).rejects.toThrow(
    'disk I/O error',
  );
  expect(await ask(`${url}/readyz`)).toEqual([503, 'store: its last write failed\n']);
  broken.delete('settle');
  await operations.store.settle(lease, { kind: 'delivered', now: 0 });
  expect(await ask(`${url}/readyz`)).toEqual([200, 'ok\n']);
});

test('before it runs and while it stops it is not ready', async () => {
  const { operations, url } = await openWorld();
  operations.enter('stopping');
  expect(await ask(`${url}/readyz`)).toEqual([503, 'phase: stopping\n']);
});

test('numbers that cannot be read are left out, the others are reported', async () => {
  const { url, broken } = await openWorld();
  broken.add('backlog');
  const [status, text] = await ask(`${url}/metrics`);
  expect(status).toBe(200);
  expect(text).toMatch(/^findall_watch_ready 0$/m);
  expect(text).toMatch(/^findall_watch_polls_total\{outcome="snapshot"\} 0$/m);
  expect(text).not.toMatch(/^findall_watch_(?:runs|pending|key_refused|oldest_poll_age_seconds)[ {]/m);
});

test('without a token there is no control API, not even a hint of one', async () => {
  const { url } = await openWorld();
  for (const path of ['/v1/runs', '/v1/events', '/v1/']) expect((await ask(`${url}${path}`))[0]).toBe(404);
});
