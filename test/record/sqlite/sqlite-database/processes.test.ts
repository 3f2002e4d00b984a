import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../../src/record/open-store.ts';
import { recordEvents, track } from '../../store-actions.ts';
import { type Child, startChild } from '../processes/child.ts';
import { tempDirectory } from '../../../builders/temp-store.ts';

describe('several processes on one file', () => {
  test('share the work: every poll recorded once, every event delivered once, in order', async () => {
    const POLLS = 5;
    const path = join(await tempDirectory(), 'watch.db');
    const ids = Array.from({ length: 40 }, (_, index) => `findall_${index}`);
    const store = await openStore(path, randomUUID);
    await track(store, ...ids);
    const workers = ['a', 'b', 'c'].map((owner) => startChild('worker.ts', path, owner, String(POLLS)));
    for (const worker of workers) expect(await worker.hear()).toBe('ready');

    for (const worker of workers) worker.say('go');
    const reports = await Promise.all(workers.map(hearAll));

    const reported = reports.flat();
    expect(reports.filter((lines) => lines.length > 0).length).toBeGreaterThan(1);
    const polls = ids.flatMap((id) => Array<string>(POLLS).fill(`polled ${id}`));
    expect(reported.filter((line) => line.startsWith('polled')).toSorted()).toEqual(polls.toSorted());
    const sequences = Array.from({ length: POLLS }, (_, index) => index + 1);
    const deliveries = ids.flatMap((id) => sequences.map((sequence) => `delivered ${id} ${sequence}`));
    expect(reported.filter((line) => line.startsWith('delivered')).toSorted()).toEqual(deliveries.toSorted());
    for (const findallId of ids) {
      const events = await store.events({ findallId, limit: 99 });
      expect(events.map(({ event }) => event.sequence)).toEqual(sequences);
    }
    expect(await store.backlog()).toEqual([]);
    await store.close();
  });

  test('see what another has recorded at once', async () => {
    const path = join(await tempDirectory(), 'watch.db');
    const [one, other] = [await openStore(path, randomUUID), await openStore(path, randomUUID)];

    await recordEvents(one, 'findall_1', ['c1']);
    await recordEvents(other, 'findall_1', ['c2']);

    expect((await one.events({ limit: 9 })).map(({ event }) => event.sequence)).toEqual([1, 2]);
    await one.close();
    await other.close();
  });
});

describe('making the file', () => {
  test('by several processes at once succeeds in each of them', async () => {
    const directory = await tempDirectory();
    const openers = [1, 2, 3].map(() => startChild('opener.ts'));
    for (const opener of openers) await opener.hear();

    for (let round = 0; round < 10; round += 1) {
      const path = join(directory, `${round}.db`);
      for (const opener of openers) opener.say(path);
      const answers = await Promise.all(openers.map(async (opener) => opener.hear()));
      expect(answers).toEqual(['opened', 'opened', 'opened']);
    }
  });

  test('waits for somebody who is at it', async () => {
    const path = join(await tempDirectory(), 'watch.db');
    const other = new DatabaseSync(path);
    other.exec('begin immediate');

    const opening = openStore(path, randomUUID);
    other.close();

    await expect(opening.then(async (store) => store.close())).resolves.toBeUndefined();
  });

  test('can be interrupted by SIGKILL at any moment: the next opening succeeds', async () => {
    for (let kill = 0; kill < 8; kill += 1) {
      const directory = await tempDirectory();
      const maker = startChild('maker.ts', directory);
      for (let made = 0; made < 3; made += 1) await maker.hear();
      // No wait for anything: this is the moment of death, moved through the few milliseconds that making takes.
      await setTimeout(kill);
      await maker.kill();

      const files = (await readdir(directory)).filter((name) => name.endsWith('.db'));
      expect(files.length).toBeGreaterThan(1);
      for (const file of files) {
        const store = await openStore(join(directory, file), randomUUID);
        expect(await store.runs()).toEqual([]);
        await store.close();
      }
    }
  });
});

/** What a worker says until it is done. */
async function hearAll(worker: Child): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await worker.hear();
    if (line === 'done') return lines;
    lines.push(line);
  }
}
