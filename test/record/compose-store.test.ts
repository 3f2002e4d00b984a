import { describe, expect, test } from 'vitest';
import { type Around, composeStore, STORE_METHODS, wrapStore } from '../../src/record/compose-store.ts';
import { openStore } from '../../src/record/open-store.ts';
import type { Store } from '../../src/record/store.ts';
import { makeStateFile, tempDirectory } from '../builders/temp-store.ts';

/** A store whose methods give the name of the store and their own. */
function named(which: string): Store {
  const names = Object.keys(STORE_METHODS);
  return Object.fromEntries(names.map((name) => [name, () => `${which} ${name}`])) as unknown as Store;
}

async function openOne(): Promise<Store> {
  const {
    clock: _clock,
    onWakeSignal: _on,
    wakeSignalFailures: _failures,
    abandon: _abandon,
    ...store
  } = await openStore(await makeStateFile(await tempDirectory()), () => 'token');
  return store;
}

test('the table has a row for every method that an open store has', async () => {
  const store = await openOne();

  expect(Object.keys(STORE_METHODS).toSorted()).toEqual(Object.keys(store).toSorted());
  await store.close();
});

describe('a store made of two', () => {
  const store = composeStore({ main: named('main'), reader: named('reader') });

  test('reads what people look at on the reader', () => {
    expect(store.traceEvent('evt_1')).toBe('reader traceEvent');
    expect(store.deliveries({ limit: 1 })).toBe('reader deliveries');
  });

  test('writes, and reads what a write relies on, on the main connection', () => {
    expect(store.readPrior('findall_1')).toBe('main readPrior');
    expect(store.nextPollAt(0)).toBe('main nextPollAt');
    expect(store.untrackRun('findall_1')).toBe('main untrackRun');
  });
});

describe('a wrapped store', () => {
  test('runs the methods whose row asks for it within what was given, and no other', async () => {
    const calls: string[] = [];
    const counting: Around = async (call) => {
      calls.push('before');
      return await call();
    };
    const store = wrapStore(named('own'), ({ meter }) => (meter === 'settle' ? counting : null));

    expect(await store.settle({} as never, {} as never)).toBe('own settle');
    expect(calls).toEqual(['before']);
    expect(await store.inForce()).toBe('own inForce');
    expect(calls).toEqual(['before']);
  });

  test('passes on what it is given', async () => {
    const given: unknown[] = [];
    const store = { ...named('own'), trackRun: async (...all: unknown[]) => void given.push(...all) };
    const wrapped = wrapStore(store as unknown as Store, () => (call) => call());

    await wrapped.trackRun({ findallId: 'findall_1', mode: 'resume' }, 5);

    expect(given).toEqual([{ findallId: 'findall_1', mode: 'resume' }, 5]);
  });
});

describe('what follows from the table', () => {
  const rows = Object.entries(STORE_METHODS);

  test('everything that makes work due wakes other processes', () => {
    const waking = rows.filter(([, { wakes }]) => wakes !== 'no').map(([name]) => name);
    expect(waking).toEqual(
      expect.arrayContaining(['trackRun', 'declare', 'redeliver', 'replay', 'retrySinksNow', 'releaseOwner']),
    );
  });

  test('only what is given nowhere else again waits for a state that can be used', () => {
    const waiting = rows.filter(([, { retry }]) => retry === 'outcome').map(([name]) => name);
    expect(waiting).toEqual(['readPrior', 'recordPoll', 'settle']);
  });

  test('nothing that writes is asked of the reader', () => {
    const onReader = rows.filter(([, { access }]) => access === 'reader').map(([name]) => name);
    expect(onReader.toSorted()).toEqual([
      ...[
        'backlog',
        'candidateNames',
        'candidatePage',
        'candidates',
        'deliveries',
        'deliveryGroups',
        'events',
        'findCandidates',
        'hasSink',
        'key',
      ],
      ...['pendingAmong', 'run', 'runIds', 'runNames', 'runs', 'tallyRuns', 'traceCandidate', 'traceEvent'],
    ]);
  });
});
