// cspell:ignore žluťoučký
import { describe, expect, test } from 'vitest';
import type { EventDraft } from '../../../src/diff/event.ts';
import type { CandidateRecord } from '../../../src/diff/draft-events.ts';
import { candidateKey } from '../../../src/record/sql/candidate-key.ts';
import type { RunUpdate } from '../../../src/record/store.ts';
import { aCandidateRecord, aDraft, aRecord, aRefusal, queued, T0 } from '../../builders/record-builders.ts';
import { runObject } from '../../builders/model-builders.ts';
import {
  about,
  claimLane,
  claimLanes,
  claimRun,
  everything,
  deliverAll,
  recordEvents,
  track,
} from '../store-actions.ts';
import { wellFormed } from '../../support/well-formed.ts';
import type { Bench } from './bench.ts';

const STRANGE = {
  unicode: 'Žluťoučký kůň — 日本語 👩‍🚀 \u{10FFFF} e\u0301',
  controls: 'before\u0000after \u0001\u001f\u007f\r\n\t',
  quotes: `'"\`\\ %s $1 ? :name -- ; drop table events`,
  surrogate: 'half a pair: \ud800',
  numbers: [0, -0.5, 1e300, Number.MAX_SAFE_INTEGER],
  empty: { text: '', list: [], object: {}, nothing: null },
};

export function contractOfRecords(bench: Bench): void {
  describe('remembers', () => {
    test('everything that a poll may change of a run', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const update: RunUpdate = {
        ...{
          state: 'lingering',
          episode: 3,
          run: runObject('running', { findall_id: 'findall_1', metadata: STRANGE }),
        },
        ...{ bodyDigest: 'abc', watchSinceAt: T0 + 1, lastPollAt: T0 + 2, lastSnapshotAt: T0 + 3 },
        ...{
          endedAt: T0 + 4,
          changedAt: T0 + 6,
          activeAgain: true,
          nextPollAt: T0 + 5,
          delayMs: 15_000,
          failures: 6,
          denials: 7,
          refusals: 8,
          slow: true,
          unfinished: 2,
        },
        ...{
          failingSinceAt: T0 + 8,
          failureReported: true,
          failureReason: 'HTTP 503',
          staleSinceAt: T0 + 9,
          staleAnswers: 9,
          invalidAnswers: 10,
        },
        occurrences: { 'findall.run.completed': 2, 'a "strange" fact': 1 },
      };

      await store.recordPoll(lease, aRecord(lease, { update }));

      expect(await store.run('findall_1')).toEqual({ ...lease.run, ...update });
    });

    test('candidates of each run by themselves, the latest word of each, vanished ones too', async () => {
      const { store } = bench;
      await track(store, 'findall_1', 'findall_2');
      const first = await claimRun(store, 'findall_1');
      const candidates = [aCandidateRecord('c1', { match_status: 'generated' }), aCandidateRecord('c2')];
      await store.recordPoll(first, aRecord(first, { candidates }));
      const second = await claimRun(store, 'findall_1');
      const matched: CandidateRecord = {
        ...aCandidateRecord('c1'),
        ...{ contentDigest: 'new', textDigest: null, shownValues: 'a/b', occurrences: { matched: 1 } },
      };

      await store.recordPoll(second, aRecord(second, { candidates: [matched] }));

      const { candidate: _, ...prior } = matched;
      expect(await store.readPrior('findall_1')).toEqual(
        new Map([
          ['c1', prior],
          [
            'c2',
            {
              matchStatus: 'matched',
              contentDigest: 'digest of c2',
              textDigest: 'text of c2',
              shownValues: 'values of c2',
              occurrences: {},
            },
          ],
        ]),
      );
      expect(await store.readPrior('findall_2')).toEqual(new Map());
    });

    test('all of it after a restart', async () => {
      await track(bench.store, 'findall_1');
      const lease = await claimRun(bench.store, 'findall_1');
      const candidates = [aCandidateRecord('c1')];
      const events = [queued(aDraft('findall_1', 'c1'), 'crm', 'log')];
      await bench.store.recordPoll(lease, aRecord(lease, { candidates, events, key: aRefusal(0) }));
      const before = await everything(bench.store);

      const store = await bench.reopen();

      expect(await everything(store)).toEqual(before);
      expect(await claimLanes(store, 'log')).toHaveLength(1);
    });
  });

  describe('happens entirely or not at all', () => {
    // A value that JSON cannot carry is met late, when run and candidates are written already.
    const unwritable: EventDraft = aDraft('findall_1', 'bad', { data: { amount: 1n } });
    test.each([
      {
        what: 'an event',
        blamed: [],
        change: { events: [queued(aDraft('findall_1', 'c1'), 'crm'), queued(unwritable, 'crm')] },
      },
      {
        what: 'the event about the key',
        blamed: [],
        change: { key: aRefusal(0, { event: queued(unwritable, 'crm') }) },
      },
      {
        what: 'a candidate',
        blamed: ['c1'],
        change: { candidates: [aCandidateRecord('c1', { output: { amount: 1n } })] },
      },
    ])('when $what cannot be written', async ({ change, blamed }) => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c0']);
      const lease = await claimRun(store, 'findall_1');
      const before = await everything(store);
      const good = { update: { failures: 3 }, candidates: [aCandidateRecord('c2')] };

      expect(await store.recordPoll(lease, aRecord(lease, { ...good, ...change }))).toEqual({
        ...{ kind: 'unstorable', candidates: blamed },
        reason: expect.stringContaining('BigInt'),
      });

      expect(await everything(store)).toEqual(before);
      expect(await store.recordPoll(lease, aRecord(lease, good))).toMatchObject({ kind: 'recorded' });
    });
  });

  describe('events', () => {
    test('come back as they will be delivered: numbered, stamped, in order', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const { stream: _, candidateId: _id, ...reported } = aDraft('findall_1', 'c1');
      const events = [queued(aDraft('findall_1', 'c1'), 'crm'), queued(aDraft('findall_1', 'c2'), 'crm')];

      const recorded = await store.recordPoll(lease, aRecord(lease, { now: T0 + 5, events }));

      const first = { ...reported, sequence: 1, timestamp: new Date(T0 + 5).toISOString() };
      expect(recorded).toMatchObject({ events: [first, { sequence: 2 }] });
      expect((await store.events({ limit: 9 }))[0]?.event).toEqual(first);
      expect((await claimLane(store, 'crm', { now: T0 + 5 })).events).toEqual([first]);
    });

    test('are numbered 1, 2, 3 … in each stream, over many records and without a gap', async () => {
      const { store } = bench;
      for (let round = 0; round < 10; round += 1) {
        await recordEvents(store, 'findall_1', [`a${round}`, `b${round}`]);
        await recordEvents(store, 'findall_2', round % 3 === 0 ? [] : [`c${round}`]);
      }

      const numbers = async (findallId: string) =>
        (await store.events({ findallId, limit: 99 })).map(({ event }) => event.sequence);
      expect(await numbers('findall_1')).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(await numbers('findall_2')).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test('recorded before are left out: no number, no delivery, not even to a sink that is new', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2']);

      const events = await recordEvents(store, 'findall_1', ['c2', 'c3', 'c1', 'c4'], {
        sinks: ['crm', 'new'],
      });

      expect(events.map((event) => [event.sequence, event.data['candidate_id']])).toEqual([
        [3, 'c3'],
        [4, 'c4'],
      ]);
      expect(await deliverAll(store, 'crm')).toEqual(['c1', 'c2', 'c3', 'c4'].map((id) => `findall_1 ${id}`));
      expect(await deliverAll(store, 'new')).toEqual(['findall_1 c3', 'findall_1 c4']);
    });

    test('recorded before are left out however many they are', async () => {
      const { store } = bench;
      const ids = Array.from({ length: 1200 }, (_, index) => `c${index}`);
      await recordEvents(store, 'findall_1', ids);

      const events = await recordEvents(store, 'findall_1', [...ids, 'new']);

      expect(events.map((event) => [event.sequence, event.data['candidate_id']])).toEqual([[1201, 'new']]);
    });

    test('said twice in one record are reported once', async () => {
      const { store } = bench;

      const events = await recordEvents(store, 'findall_1', ['c1', 'c1', 'c2']);

      expect(events.map((event) => event.sequence)).toEqual([1, 2]);
      expect(about(events)).toEqual(['c1', 'c2']);
    });

    test('keep their number when the clock steps back', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1'], { now: T0 + 1000, update: { nextPollAt: T0 } });

      const [event] = await recordEvents(store, 'findall_1', ['c2'], { now: T0 });

      expect(event).toMatchObject({ sequence: 2, timestamp: new Date(T0).toISOString() });
      expect(about((await claimLane(store, 'crm', { now: T0 + 1000, batch: 9 })).events)).toEqual([
        ...['c1', 'c2'],
      ]);
    });
  });

  describe('queues', () => {
    test('every event once to each of its sinks', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const events = [
        queued(aDraft('findall_1', 'both'), 'crm', 'log'),
        queued(aDraft('findall_1', 'none')),
        queued(aDraft('findall_1', 'log only'), 'log'),
      ];

      await store.recordPoll(lease, aRecord(lease, { events }));

      expect(await deliverAll(store, 'crm')).toEqual(['findall_1 both']);
      expect(await deliverAll(store, 'log')).toEqual(['findall_1 both', 'findall_1 log only']);
      expect(await store.events({ limit: 9 })).toHaveLength(3);
    });

    test('a sink that comes later only what is recorded later', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1'], { sinks: ['crm'] });
      await recordEvents(store, 'findall_1', ['c2'], { sinks: ['crm', 'late'] });

      expect(await deliverAll(store, 'late')).toEqual(['findall_1 c2']);
    });
  });

  describe('carries what the web may hold', () => {
    test('unicode, control characters, NUL and quotes, in every place where text is kept', async () => {
      const { store } = bench;
      const odd = `c\u0000 '"👩‍🚀`;
      await store.trackRun({ findallId: 'findall_1', mode: 'resume', label: odd }, T0);
      const lease = await claimRun(store, 'findall_1');
      const candidate = aCandidateRecord(odd, { output: STRANGE, match_status: odd, name: STRANGE.unicode });
      const events = [queued(aDraft('findall_1', odd, { data: STRANGE }), 'crm')];
      const key = aRefusal(0, { reason: odd });

      await store.recordPoll(lease, aRecord(lease, { candidates: [candidate], events, key }));

      expect((await store.candidates('findall_1')).map((one) => one.candidate)).toEqual([
        wellFormed(candidate.candidate),
      ]);
      expect((await store.readPrior('findall_1')).get(odd)?.matchStatus).toBe(odd);
      expect(await store.run('findall_1')).toMatchObject({ label: odd });
      expect(await store.key()).toMatchObject({ reason: odd });
      const reported = (await store.events({ findallId: 'findall_1', limit: 9 }))[0]?.event;
      expect(reported?.data).toEqual(wellFormed({ candidate_id: odd, ...STRANGE }));
      const lanes = await claimLanes(store, 'crm');
      expect(lanes.find((lane) => lane.stream === 'findall_1')?.events).toEqual([reported]);
    });

    test('ids that are too long for an index, halves of surrogate pairs, and what looks like a key', async () => {
      const { store } = bench;
      const ids = [
        ...['\ud800', '\udc00', 'a\ud800', 'a\udc00', '\ufffd', '\u001a', '\u001ad800', '\0'],
        ...['sha256:', candidateKey('x'.repeat(2000)), 'x'.repeat(2000), 'y'.repeat(100_000)],
        ...['\0'.repeat(1000), '\ud800'.repeat(1000), 'é'.repeat(512), 'é'.repeat(513)],
      ];
      await track(store, 'findall_1');
      for (const status of ['generated', 'matched']) {
        const lease = await claimRun(store, 'findall_1');
        const candidates = ids.map((id) => aCandidateRecord(id, { match_status: status }));
        const events = status === 'matched' ? ids.map((id) => queued(aDraft('findall_1', id), 'crm')) : [];
        expect(await store.recordPoll(lease, aRecord(lease, { candidates, events }))).toMatchObject({
          kind: 'recorded',
          events: events.map(({ draft: { id } }) => ({ id })),
        });
      }

      const prior = await store.readPrior('findall_1');
      expect([...prior.keys()].toSorted()).toEqual(ids.toSorted());
      expect([...prior.values()].every(({ matchStatus }) => matchStatus === 'matched')).toBe(true);
      for (const id of ids) {
        expect(await store.traceCandidate(id)).toMatchObject([{ eventIds: [aDraft('findall_1', id).id] }]);
      }
    });

    test('a candidate and an event of 1 MB', async () => {
      const { store } = bench;
      const text = '0123456789abcdeé'.repeat(65_536);
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const candidates = [aCandidateRecord('c1', { output: { text } })];
      const events = [queued(aDraft('findall_1', 'c1', { data: { text } }), 'crm')];

      await store.recordPoll(lease, aRecord(lease, { candidates, events }));

      expect((await store.candidates('findall_1'))[0]?.candidate.output).toEqual({ text });
      expect((await claimLane(store, 'crm')).events[0].data['text']).toBe(text);
    });

    test('5,000 candidates and their events in one record, delivered in one batch', async () => {
      const { store } = bench;
      const ids = Array.from({ length: 5000 }, (_, index) => `c${String(index).padStart(4, '0')}`);
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const candidates = ids.map((id) => aCandidateRecord(id));
      const events = ids.map((id) => queued(aDraft('findall_1', id), 'crm', 'log'));

      const recorded = await store.recordPoll(lease, aRecord(lease, { candidates, events }));

      expect(recorded.kind === 'recorded' && about(recorded.events)).toEqual(ids);
      expect((await store.readPrior('findall_1')).size).toBe(5000);
      const lane = await claimLane(store, 'crm', { batch: 5000 });
      expect(about(lane)).toEqual(ids);
      expect(await store.settle(lane, { kind: 'delivered', now: T0 })).toMatchObject({ kind: 'settled' });
      expect(await store.backlog()).toMatchObject([{ sink: 'log', pending: 5000 }]);
      expect(await claimLanes(store, 'crm')).toEqual([]);
    });
  });
}
