// cspell:ignore Énergie ENERG
import { beforeEach, describe, expect, test } from 'vitest';
import type { EventType } from '../../../src/run-event.ts';
import type { Candidate } from '../../../src/model.ts';
import type { CandidateFilter, CandidateSearch, EventFilter } from '../../../src/record/history.ts';
import type { PollRecord } from '../../../src/record/store.ts';
import { aCandidateRecord, aDraft, aRecord, queued, T0 } from '../../builders/record-builders.ts';
import { about, claimRun, recordEvents, track } from '../store-actions.ts';
import type { Bench } from './bench.ts';

export function contractOfHistory(bench: Bench): void {
  describe('events', () => {
    const MATCHED = 'findall.candidate.matched';
    const RETRACTED = 'findall.candidate.retracted';

    async function recordOne(findallId: string, candidateId: string, type: EventType, now: number) {
      const lease = await claimRun(bench.store, findallId, { now });
      const events = [queued(aDraft(findallId, candidateId, { type }))];
      await bench.store.recordPoll(lease, aRecord(lease, { now, events }));
    }

    beforeEach(async () => {
      await track(bench.store, 'findall_1', 'findall_2');
      await recordOne('findall_1', 'a', MATCHED, T0 + 1);
      await recordOne('findall_2', 'b', MATCHED, T0 + 2);
      await recordOne('findall_1', 'c', RETRACTED, T0 + 3);
      await recordOne('findall_2', 'd', RETRACTED, T0 + 4);
      await recordOne('findall_1', 'e', MATCHED, T0 + 5);
    });

    test.each<{ which: string; filter: Omit<EventFilter, 'limit'>; found: string }>([
      { which: 'all, in the order of recording', filter: {}, found: 'abcde' },
      { which: 'those of one run', filter: { findallId: 'findall_1' }, found: 'ace' },
      { which: 'none of an unknown run', filter: { findallId: 'findall_9' }, found: '' },
      { which: 'those of one type', filter: { types: [RETRACTED] }, found: 'cd' },
      { which: 'those of several types', filter: { types: [RETRACTED, MATCHED] }, found: 'abcde' },
      { which: 'none of no type', filter: { types: [] }, found: '' },
      { which: 'those recorded at a time or after', filter: { since: T0 + 3 }, found: 'cde' },
      { which: 'those up to a position', filter: { upToPosition: 2 }, found: 'ab' },
      { which: 'those after a sequence', filter: { findallId: 'findall_1', afterSequence: 1 }, found: 'ce' },
      {
        which: 'those whose id begins so',
        filter: { idStart: aDraft('findall_2', 'b').id.slice(0, 12) },
        found: 'b',
      },
      { which: 'the one of this id', filter: { idStart: aDraft('findall_2', 'b').id }, found: 'b' },
      {
        which: 'none of an id that goes on',
        filter: { idStart: `${aDraft('findall_2', 'b').id}0` },
        found: '',
      },
      { which: 'the last first', filter: { findallId: 'findall_1', latestFirst: true }, found: 'eca' },
      {
        which: 'those that pass every filter',
        filter: { findallId: 'findall_1', types: [MATCHED], since: T0 + 2, afterSequence: 1 },
        found: 'e',
      },
    ])('finds $which', async ({ filter, found }) => {
      const events = await bench.store.events({ ...filter, limit: 9 });

      expect(about(events.map(({ event }) => event)).join('')).toBe(found);
    });

    test('are read page by page, each once, while more are recorded', async () => {
      const { store } = bench;
      const seen: unknown[] = [];
      let afterPosition: number | undefined;
      for (;;) {
        const page = await store.events({
          limit: 2,
          ...(afterPosition === undefined ? {} : { afterPosition }),
        });
        if (page.length === 0) break;
        seen.push(...about(page.map(({ event }) => event)));
        afterPosition = page.at(-1)?.position;
        if (seen.length === 4) await recordEvents(store, 'findall_2', ['f'], { now: T0 + 9 });
      }

      expect(seen.join('')).toBe('abcdef');
    });

    test('have positions that grow, also over a restart', async () => {
      const store = await bench.reopen();
      await recordEvents(store, 'findall_2', ['f'], { now: T0 + 9 });

      const positions = (await store.events({ limit: 9 })).map(({ position }) => position);

      expect(positions).toHaveLength(6);
      expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
    });

    test('never number more than the limit', async () => {
      expect(await bench.store.events({ limit: 3 })).toHaveLength(3);
    });
  });

  describe('candidates', () => {
    test('are those of the run with their bodies, matched first, in the order of the API', async () => {
      const { store } = bench;
      await track(store, 'findall_1', 'findall_2');
      const lease = await claimRun(store, 'findall_1');
      const candidates = [
        aCandidateRecord('c1', { name: 'Zeta' }),
        aCandidateRecord('c2', { name: 'Alpha', match_status: 'unmatched' }),
        aCandidateRecord('c3', { name: 'Beta', match_status: 'generated' }),
        aCandidateRecord('c4', { name: 'Gamma', output: { founded: { value: 1999 } }, future_field: [1] }),
      ];

      await store.recordPoll(lease, aRecord(lease, { candidates }));

      const found = await store.candidates('findall_1');
      expect(found.map(({ candidate }) => candidate.name)).toEqual(['Zeta', 'Gamma', 'Alpha', 'Beta']);
      expect(found[1]?.candidate).toEqual(candidates[3]?.candidate);
      expect(await store.candidates('findall_2')).toEqual([]);
    });

    test('are kept as they are, with any shape of their fields', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const trap = JSON.parse('{"__proto__":{"a":1},"output":"lit","basis":{"height":"measured"}}') as object;
      const candidates = [
        aCandidateRecord('c1', { name: 'Zeta' }),
        aCandidateRecord('c3', { name: { en: 'Beta' }, description: [1] }),
        aCandidateRecord('c2', { ...trap, name: undefined }),
      ];

      await store.recordPoll(lease, aRecord(lease, { candidates }));

      const found = await store.candidates('findall_1');
      expect(found.map(({ candidate }) => candidate.candidate_id)).toEqual(['c1', 'c3', 'c2']);
      const kept = [0, 1, 2].map((index) => JSON.stringify(candidates[index]?.candidate));
      expect(found.map(({ candidate }) => JSON.stringify(candidate))).toEqual(kept);
      expect(found.map(({ json }) => json)).toEqual(kept);
    });
  });

  describe('candidates that are called so', () => {
    const NAMED = [
      aCandidateRecord('c1', { name: 'Second Spring', url: 'https://www.secondspring.com/about' }),
      aCandidateRecord('c2', { name: 'Second Spring Énergie', url: 'https://news.example/a' }),
      aCandidateRecord('c3', { name: '100%_Solar', match_status: 'unmatched', url: null }),
      aCandidateRecord('c4', { name: { en: 'Tern' } }),
    ];

    beforeEach(async () => {
      await track(bench.store, 'findall_1', 'findall_2');
      const first = await claimRun(bench.store, 'findall_1');
      await bench.store.recordPoll(first, aRecord(first, { candidates: NAMED }));
      const second = await claimRun(bench.store, 'findall_2');
      await bench.store.recordPoll(second, aRecord(second, { candidates: NAMED.slice(0, 1) }));
    });

    test.each<{ which: string; search: Omit<CandidateSearch, 'limit'>; found: string[] }>([
      {
        which: 'by the whole name',
        search: { text: 'Second Spring', how: 'whole' },
        found: ['1 c1', '2 c1'],
      },
      {
        which: 'in another case, with other spaces',
        search: { text: '  second   SPRING', how: 'whole' },
        found: ['1 c1', '2 c1'],
      },
      {
        which: 'without the accents',
        search: { text: 'second spring energie', how: 'whole' },
        found: ['1 c2'],
      },
      { which: 'by the host', search: { text: 'secondspring.com', how: 'whole' }, found: ['1 c1', '2 c1'] },
      {
        which: 'by an address on the host',
        search: { text: 'http://secondspring.com/x?y=1', how: 'whole' },
        found: ['1 c1', '2 c1'],
      },
      {
        which: 'by the first words',
        search: { text: 'second sp', how: 'start' },
        found: ['1 c1', '2 c1', '1 c2'],
      },
      { which: 'by a part of the name', search: { text: 'ENERG', how: 'part' }, found: ['1 c2'] },
      {
        which: 'in one run',
        search: { text: 'second', how: 'start', findallId: 'findall_2' },
        found: ['2 c1'],
      },
      { which: 'with the characters of a pattern', search: { text: '0%_s', how: 'part' }, found: ['1 c3'] },
      { which: 'none of a pattern', search: { text: 'S%g', how: 'part' }, found: [] },
      {
        which: 'none of a part, if the whole is asked for',
        search: { text: 'Second', how: 'whole' },
        found: [],
      },
      { which: 'none of nothing', search: { text: ' ', how: 'start' }, found: [] },
    ])('are found $which', async ({ search, found }) => {
      const named = await bench.store.findCandidates({ ...search, limit: 9 });

      expect(
        named.map(
          ({ findallId, candidate }) => `${findallId.slice('findall_'.length)} ${candidate.candidate_id}`,
        ),
      ).toEqual(found);
    });

    test('are found by the name that was seen last', async () => {
      const lease = await claimRun(bench.store, 'findall_2');
      const candidates = [aCandidateRecord('c1', { name: 'Third Spring', match_status: 'discarded' })];
      await bench.store.recordPoll(lease, aRecord(lease, { candidates }));

      const search = { how: 'whole', limit: 9, findallId: 'findall_2' } as const;
      expect(await bench.store.findCandidates({ ...search, text: 'Second Spring' })).toEqual([]);
      expect(await bench.store.findCandidates({ ...search, text: 'Third Spring' })).toMatchObject([
        { findallId: 'findall_2', matchStatus: 'discarded' },
      ]);
    });

    test('are at most as many as are asked for, and their names are given once', async () => {
      expect(await bench.store.findCandidates({ text: 'second', how: 'start', limit: 2 })).toHaveLength(2);
      expect((await bench.store.candidateNames(9)).toSorted()).toEqual([
        '100%_solar',
        'second spring',
        'second spring energie',
        '{"en":"tern"}',
      ]);
      expect(await bench.store.candidateNames(1)).toHaveLength(1);
    });
  });

  describe('pages of candidates', () => {
    async function pagesOf(filter: Omit<CandidateFilter, 'findallId'>): Promise<string[][]> {
      const pages: string[][] = [];
      for (let after = {}; ; ) {
        const page = await bench.store.candidatePage({ findallId: 'findall_1', ...filter, ...after });
        const last = page.at(-1);
        if (!last) return pages;
        pages.push(page.map(({ json }) => (JSON.parse(json) as Candidate).candidate_id));
        after = { afterKey: last.key };
      }
    }

    async function recordAt(
      now: number,
      changes: Partial<PollRecord>,
      findallId = 'findall_1',
    ): Promise<void> {
      const lease = await claimRun(bench.store, findallId, { now });
      const update = { lastSnapshotAt: now };
      const recorded = await bench.store.recordPoll(lease, aRecord(lease, { now, ...changes, update }));
      expect(recorded.kind).toBe('recorded');
    }

    /** When each candidate was last seen. */
    async function lastSeen(): Promise<Record<string, number | null>> {
      const page = await bench.store.candidatePage({ findallId: 'findall_1', limit: 9 });
      return Object.fromEntries(page.map(({ key, lastSeenAt }) => [key, lastSeenAt]));
    }

    beforeEach(() => track(bench.store, 'findall_1', 'findall_2'));

    test('have each candidate of the run once, in the order of their ids, as it was recorded', async () => {
      const odd = ['b\0', 'b\ud800', 'b'.repeat(2000)];
      const ids = ['c', 'a', 'e', ...odd, 'd'];
      await recordAt(T0, { candidates: ids.map((id) => aCandidateRecord(id)) });
      await recordAt(T0, { candidates: [aCandidateRecord('b')] }, 'findall_2');

      const pages = await pagesOf({ limit: 2 });

      expect(pages.map((page) => page.length)).toEqual([2, 2, 2, 1]);
      // JSON has no word for half of a surrogate pair.
      const shown = ids.map((id) => id.toWellFormed());
      expect(pages.flat().toSorted()).toEqual(shown.toSorted());
      expect(pages.flat().filter((id) => id.length === 1)).toEqual(['a', 'c', 'd', 'e']);
      const [first] = await bench.store.candidatePage({ findallId: 'findall_1', limit: 1 });
      expect(first).toMatchObject({ json: JSON.stringify(aCandidateRecord('a').candidate), firstSeenAt: T0 });
    });

    test('have only those of a status, and those first seen since a time', async () => {
      const record = (id: string, status: string) => aCandidateRecord(id, { match_status: status });
      await recordAt(T0, { candidates: [record('a', 'matched'), record('b', 'unmatched')] });
      await recordAt(T0 + 5, { candidates: [record('c', 'matched'), record('d', 'generated')] });
      await recordAt(T0 + 9, { candidates: [record('a', 'matched')] });

      expect(await pagesOf({ limit: 9, statuses: ['matched'] })).toEqual([['a', 'c']]);
      expect(await pagesOf({ limit: 9, statuses: ['unmatched', 'generated'] })).toEqual([['b', 'd']]);
      expect(await pagesOf({ limit: 9, statuses: [] })).toEqual([]);
      expect(await pagesOf({ limit: 9, since: T0 + 5 })).toEqual([['c', 'd']]);
      expect(await pagesOf({ limit: 9, since: T0 + 5, statuses: ['matched'] })).toEqual([['c']]);
    });

    test('say of a candidate that vanished when it was last there, and of any other the latest snapshot', async () => {
      const ids = ['a', 'b', '\ud800'];
      await recordAt(T0, { candidates: ids.map((id) => aCandidateRecord(id)) });
      await recordAt(T0 + 5, {
        sightings: { vanished: ['b', '\ud800'], returned: [], lastSeenAt: T0 + 2 },
      });
      const prior = await bench.store.readPrior('findall_1');
      expect(ids.map((id) => prior.get(id)?.lastSeenAt)).toEqual([undefined, T0 + 2, T0 + 2]);
      expect(await lastSeen()).toEqual({ a: T0 + 5, b: T0 + 2, '\ud800': T0 + 2 });

      await recordAt(T0 + 9, { sightings: { vanished: ['a'], returned: ['b'], lastSeenAt: T0 + 5 } });

      expect(await lastSeen()).toEqual({ a: T0 + 5, b: T0 + 9, '\ud800': T0 + 2 });
      expect((await bench.store.readPrior('findall_1')).get('b')).not.toHaveProperty('lastSeenAt');
    });

    test('keep that for more candidates than a statement takes, and over a change of the candidate', async () => {
      const ids = Array.from({ length: 1100 }, (_, n) => `c${n}`);
      await recordAt(T0, { candidates: ids.map((id) => aCandidateRecord(id)) });
      await recordAt(T0 + 5, { sightings: { vanished: ids, returned: [], lastSeenAt: T0 } });
      await recordAt(T0 + 9, { candidates: [aCandidateRecord('c1')] });

      const prior = await bench.store.readPrior('findall_1');

      expect([...prior.values()].filter(({ lastSeenAt }) => lastSeenAt === T0)).toHaveLength(1100);
    });
  });

  describe('following', () => {
    test('is remembered, and never goes back', async () => {
      const { store } = bench;
      await track(store, 'findall_1', 'findall_2');
      for (const sequence of [3, 7, 5]) await store.markFollowed('findall_1', sequence);

      expect(await store.run('findall_1')).toMatchObject({ followedSequence: 7 });
      expect(await store.run('findall_2')).toMatchObject({ followedSequence: 0 });
    });

    test('is not undone by a poll that was in flight', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      await store.markFollowed('findall_1', 4);

      await store.recordPoll(lease, aRecord(lease));

      expect(await store.run('findall_1')).toMatchObject({ followedSequence: 4 });
    });

    test('of an unknown run changes nothing', async () => {
      await bench.store.markFollowed('findall_9', 4);

      expect(await bench.store.runs()).toEqual([]);
    });
  });
}
