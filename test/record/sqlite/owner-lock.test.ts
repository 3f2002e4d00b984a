import { randomUUID } from 'node:crypto';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openOwnedStore, openStore } from '../../../src/record/open-store.ts';
import { holdOwnerLock, releaseDeadOwners } from '../../../src/record/sqlite/owner-lock.ts';
import { claimLanes, claimRuns, recordEvents } from '../store-actions.ts';
import { startChild } from './processes/child.ts';
import { tempDirectory } from '../../builders/temp-store.ts';

let path: string;

beforeEach(async () => {
  path = join(await tempDirectory(), 'watch.db');
});

/** SQLite keeps a journal beside each of them. */
const lockFiles = async () => (await readdir(`${path}.owners`)).filter((name) => name.endsWith('.lock'));
const openAs = async (owner: string) => openOwnedStore(path, owner, randomUUID);

/** The owners taken for dead now. */
async function theDead(): Promise<string[]> {
  const dead: string[] = [];
  await releaseDeadOwners(path, async (owner) => void dead.push(owner));
  return dead;
}

/** A store with one run due and one event pending for `crm`. */
async function furnish(): Promise<void> {
  const store = await openStore(path, randomUUID);
  await recordEvents(store, 'findall_1', ['c1']);
  await store.close();
}

/** A process that holds the lease of that run and of that stream. */
async function startHolder(owner = 'held') {
  const holder = startChild('holder.ts', path, owner);
  expect(await holder.hear()).toBe('1 1');
  return holder;
}

describe('a lock', () => {
  test('shows its owner alive while it is held', async () => {
    const lock = holdOwnerLock(path, 'alive');

    expect(await theDead()).toEqual([]);
    expect(await theDead()).toEqual([]);
    lock.release();
  });

  test('leaves nothing behind once released', async () => {
    holdOwnerLock(path, 'gone').release();

    expect(await readdir(`${path}.owners`)).toEqual([]);
    expect(await theDead()).toEqual([]);
  });

  test('of one owner says nothing about another', async () => {
    const lock = holdOwnerLock(path, 'alive');
    await writeFile(join(`${path}.owners`, 'dead.lock'), '');

    expect(await theDead()).toEqual(['dead']);
    expect(await lockFiles()).toEqual(['alive.lock']);
    lock.release();
  });

  test('lies in a directory for its owner only', async () => {
    const lock = holdOwnerLock(path, 'alive');

    expect((await stat(`${path}.owners`)).mode & 0o777).toBe(0o700);
    lock.release();
  });
});

describe('a live process', () => {
  test('is not taken for dead by another process', async () => {
    await furnish();
    await startHolder();

    expect(await theDead()).toEqual([]);
    const store = await openAs('other');
    expect(await claimRuns(store)).toEqual([]);
    expect(await claimLanes(store, 'crm')).toEqual([]);
    await store.close();
  });

  test('that closes gives back what it holds and is forgotten', async () => {
    await furnish();
    const holder = await startHolder();

    expect(await holder.finish()).toBe(0);

    expect(await lockFiles()).toEqual([]);
    const store = await openStore(path, randomUUID);
    expect(await claimRuns(store)).toHaveLength(1);
    expect(await claimLanes(store, 'crm')).toHaveLength(1);
    await store.close();
  });
});

describe('a killed process', () => {
  test('loses its leases to the next process that opens, at once', async () => {
    await furnish();
    await (await startHolder()).kill();
    expect(await lockFiles()).toEqual(['held.lock']);

    const store = await openAs('next');

    expect(await lockFiles()).toEqual(['next.lock']);
    expect(await claimRuns(store)).toHaveLength(1);
    expect(await claimLanes(store, 'crm')).toMatchObject([{ attempt: 2 }]);
    await store.close();
  });

  test('is not noticed by a command that claims nothing: its leases stay', async () => {
    await furnish();
    await (await startHolder()).kill();

    const store = await openStore(path, randomUUID);

    expect(await claimRuns(store)).toEqual([]);
    expect(await lockFiles()).toEqual(['held.lock']);
    await store.close();
  });

  test('does not take a live one with it', async () => {
    await furnish();
    await (await startHolder('dead')).kill();
    const alive = await startHolder('alive');

    const store = await openAs('next');

    expect((await lockFiles()).toSorted()).toEqual(['alive.lock', 'next.lock']);
    expect(await claimRuns(store)).toEqual([]);
    await store.close();
    expect(await alive.finish()).toBe(0);
  });
});

describe('processes that start at the same time', () => {
  test('never take each other for dead: each starts, and each is shown alive', async () => {
    const joiners = [1, 2, 3].map(() => startChild('joiner.ts', path));
    for (const joiner of joiners) await joiner.hear();

    for (let round = 0; round < 40; round += 1) {
      joiners.forEach((joiner, index) => joiner.say(`owner-${round}-${index}`));
      const answers = await Promise.all(joiners.map(async (joiner) => joiner.hear()));
      expect(answers).toEqual(['shown', 'shown', 'shown']);
    }
    expect(await lockFiles()).toEqual([]);
  });
});

describe('a release that fails', () => {
  test('keeps the lock file for the next try', async () => {
    await mkdir(`${path}.owners`);
    await writeFile(join(`${path}.owners`, 'dead.lock'), '');
    const failing = async () => Promise.reject(new Error('disk full'));

    await expect(releaseDeadOwners(path, failing)).rejects.toThrow('disk full');

    expect(await lockFiles()).toEqual(['dead.lock']);
    expect(await theDead()).toEqual(['dead']);
    expect(await lockFiles()).toEqual([]);
  });
});

test('a file among the locks that cannot be read is left alone', async () => {
  await mkdir(join(`${path}.owners`, 'strange.lock'), { recursive: true });

  expect(await theDead()).toEqual([]);
  expect(await lockFiles()).toEqual(['strange.lock']);
});

test('a store that nobody ever opened has no dead owners', async () => {
  expect(await theDead()).toEqual([]);
});
