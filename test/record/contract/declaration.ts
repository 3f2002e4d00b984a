import { describe, expect, test } from 'vitest';
import { NO_GENERATION } from '../../../src/declaration/declaration.ts';
import { draftSinkEvent } from '../../../src/diff/event.ts';
import type { DeclareRequest } from '../../../src/record/declarations.ts';
import {
  aCandidateRecord,
  aDeclaredSink,
  aDraft,
  aGeneration,
  aPresence,
  aRecord,
  declareOn,
  generationIn,
  KEY,
  queued,
  T0,
} from '../../builders/record-builders.ts';
import {
  claimLane,
  claimLanes,
  claimRun,
  everything,
  retryAt,
  recordEvents,
  track,
} from '../store-actions.ts';
import type { Bench } from './bench.ts';

const CRM = { sinks: [aDeclaredSink('crm')] };
const OPS = { sinks: [aDeclaredSink('ops')] };

/** The request of a start, which yields to who holds the declaration in force. */
function startOf(owner: string, declaration: Parameters<typeof aGeneration>[0]): DeclareRequest {
  const next = aGeneration(declaration);
  const presence = aPresence(owner, { generation: next.generation });
  return { presence, next, keyFingerprint: KEY, when: 'unless-held' };
}

const RELOADED = {
  kind: 'reloaded',
  file: '/etc/watch.yaml',
  changed: ['sinks'],
  afterRestart: ['http'],
} as const;
const REJECTED = { kind: 'rejected', problem: 'poll.linger: saw "soon"' } as const;

export function contractOfDeclarations(bench: Bench): void {
  describe('what is in force', () => {
    test('is nothing before the first declaration, then the last one', async () => {
      const { store } = bench;
      expect(await store.inForce()).toBeNull();

      await declareOn(store, CRM);
      await declareOn(store, OPS);

      expect(await store.inForce()).toEqual(aGeneration(OPS));
    });

    test('says at the first declaration how many recorded events are queued for no sink', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1', 'c2'], { sinks: [] });
      await recordEvents(store, 'findall_2', ['c3'], { sinks: ['crm'] });

      expect(await declareOn(store, CRM)).toEqual({ kind: 'declared', untracked: [], withoutDelivery: 2 });
      expect(await declareOn(store, OPS)).toMatchObject({ kind: 'declared', withoutDelivery: 0 });
    });

    test('stays when it is declared again', async () => {
      const { store } = bench;
      await declareOn(store, CRM);

      expect(await declareOn(store, CRM)).toEqual({ kind: 'in-force', untracked: [] });
      expect(await store.inForce()).toEqual(aGeneration(CRM));
    });

    test('tracks its runs, polls them at its distance, and lets stopped sinks try again', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1'], { update: { nextPollAt: T0 + 1e9 } });
      await store.settle(await claimLane(store, 'crm'), { kind: 'stopped', reason: 'HTTP 410', now: T0 });
      const run = { id: 'findall_2', label: 'seeds', intervalMs: 5, baseline: 'silent' } as const;

      await declareOn(store, { ...CRM, runs: [run] });

      expect(await store.run('findall_2')).toMatchObject({
        label: 'seeds',
        intervalMs: 5,
        baseline: 'silent',
      });
      expect(await store.run('findall_1')).toMatchObject({ nextPollAt: T0 + 60_000 });
      expect(await claimLanes(store, 'crm', { settings: 'settings of crm' })).toHaveLength(1);
    });

    test('leaves alone what it does not name: without a file no run is taken out', async () => {
      const { store } = bench;
      await declareOn(store, {
        runs: [{ id: 'findall_1', label: null, intervalMs: null, baseline: 'notify' }],
      });
      await declareOn(store, { runs: null });

      expect(await store.run('findall_1')).toMatchObject({ state: 'watching' });
    });
  });

  describe('a start', () => {
    test('with a configuration that was never in force declares it, beside any living daemon', async () => {
      const { store } = bench;
      await declareOn(store, CRM);
      await store.beat(aPresence('other', aGeneration(CRM)), T0);

      expect(await store.declare(startOf('me', OPS), T0)).toMatchObject({ kind: 'declared' });
    });

    test('with a superseded one yields to a living daemon that holds the one in force', async () => {
      const { store } = bench;
      await declareOn(store, CRM);
      await declareOn(store, OPS);
      const { generation } = aGeneration(OPS);
      await store.beat(aPresence('holder', { generation }), T0);

      expect(await store.declare(startOf('me', CRM), T0)).toEqual({
        kind: 'held',
        inForce: aGeneration(OPS),
        holder: { ...aPresence('holder', { generation }), seenAt: T0 },
      });
      expect(await store.inForce()).toEqual(aGeneration(OPS));
      expect(await declareOn(store, CRM)).toMatchObject({ kind: 'declared' });
    });

    test.each([
      ['has not been seen for 15 s', T0 + 15_000, 'daemon'],
      ['was seen far in the future, before the clock was set back', T0 - 15_000, 'daemon'],
      ['is a follow that delivers', T0, 'follow'],
    ] as const)('with a superseded one declares it if the holder %s', async (_, now, role) => {
      const { store } = bench;
      await declareOn(store, CRM);
      await declareOn(store, OPS);
      await store.beat(aPresence('holder', { role, generation: aGeneration(OPS).generation }), T0);

      expect(await store.declare(startOf('me', CRM), now)).toMatchObject({ kind: 'declared' });
    });
  });

  describe('an abandoned declaration', () => {
    test('gives way to another one, and is declared again by a daemon that comes back with it', async () => {
      const { store } = bench;
      await declareOn(store, CRM);
      await declareOn(store, OPS);

      const takeover = { ...startOf('me', CRM), when: 'abandoned' } as const;
      expect(await store.declare(takeover, T0)).toMatchObject({ kind: 'declared' });
      expect(await store.declare(startOf('back', OPS), T0)).toMatchObject({ kind: 'declared' });
      expect(await store.declare(startOf('again', CRM), T0)).toMatchObject({
        kind: 'held',
        holder: { owner: 'back' },
      });
    });

    test('does not give way while somebody holds it', async () => {
      const { store } = bench;
      await store.declare(startOf('holder', OPS), T0);

      expect(await store.declare({ ...startOf('me', CRM), when: 'abandoned' }, T0)).toMatchObject({
        kind: 'held',
      });
    });
  });

  test('a follow declares nothing beside a living daemon', async () => {
    const { store } = bench;
    await store.declare(startOf('daemon', OPS), T0);
    const asked = startOf('me', CRM);
    const follow = { ...asked, presence: { ...asked.presence, role: 'follow' } } as const;

    expect(await store.declare(follow, T0)).toMatchObject({ kind: 'held', holder: { owner: 'daemon' } });
    expect(await store.declare(follow, T0 + 15_000)).toMatchObject({ kind: 'declared' });
  });

  describe('a process that is alive', () => {
    test('is listed by its start until it is not seen any more, or gives back its leases', async () => {
      const { store } = bench;
      await store.beat(aPresence('late', { startedAt: T0 + 1 }), T0 + 2);
      await store.beat(aPresence('early'), T0 + 2);
      const owners = async (now: number) => (await store.livingProcesses(now)).map(({ owner }) => owner);

      expect(await owners(T0 + 3)).toEqual(['early', 'late']);
      await store.beat(aPresence('early'), T0 + 10_000);
      expect(await owners(T0 + 16_000)).toEqual(['early']);
      await store.releaseOwner('early');
      expect(await owners(T0 + 16_000)).toEqual([]);
    });

    test('hears which generation is in force and who holds it', async () => {
      const { store } = bench;
      expect(await store.beat(aPresence('me'), T0)).toEqual({
        ...{ generation: NO_GENERATION, holder: null, reload: 0 },
      });
      await declareOn(store, CRM);
      const { generation } = aGeneration(CRM);

      expect(await store.beat(aPresence('me'), T0)).toEqual({ generation, holder: null, reload: 0 });
      expect(await store.beat(aPresence('other', { generation }), T0)).toMatchObject({
        holder: { owner: 'other' },
      });
    });
  });

  describe('what was decided by another declaration', () => {
    test('is not recorded: nothing changes, and the one in force is given', async () => {
      const { store } = bench;
      await track(store, 'findall_1');
      const lease = await claimRun(store, 'findall_1');
      const decided = aRecord(lease, {
        candidates: [aCandidateRecord('c1')],
        events: [queued(aDraft('findall_1', 'c1'), 'crm')],
        update: { nextPollAt: T0 + 7 },
      });
      await declareOn(store, OPS);
      const before = await everything(store);

      expect(await store.recordPoll(lease, decided)).toEqual({
        kind: 'superseded',
        inForce: aGeneration(OPS),
      });
      expect(await everything(store)).toEqual(before);

      const generation = await generationIn(store);
      const again = { ...decided, generation, events: [queued(aDraft('findall_1', 'c1'), 'ops')] };
      expect(await store.recordPoll(lease, again)).toMatchObject({
        kind: 'recorded',
        events: [{ sequence: 1 }],
      });
      expect(await store.backlog()).toMatchObject([{ sink: 'ops', pending: 1 }]);
    });

    test('queues an event about a sink for the sinks that are declared when it is recorded', async () => {
      const { store } = bench;
      await declareOn(store, { sinks: [aDeclaredSink('crm'), aDeclaredSink('log')] });
      await recordEvents(store, 'findall_1', ['c1']);
      const settings = 'settings of crm';
      const lease = await claimLane(store, 'crm', { settings });
      await declareOn(store, { sinks: [aDeclaredSink('crm'), aDeclaredSink('ops')] });

      const settled = await store.settle(lease, retryAt(T0 + 5), {
        failure: { reason: 'HTTP 503', alertAfterMs: 0 },
      });

      expect(settled).toMatchObject({ events: [{ type: 'findall.sink.failing' }] });
      expect(await claimLanes(store, 'log')).toEqual([]);
      expect(await claimLane(store, 'ops', { settings: 'settings of ops' })).toMatchObject({
        stream: 'sink/crm',
      });
    });
  });

  test('what an address says that is declared no more does not count for the sink as it is declared', async () => {
    const { store } = bench;
    await declareOn(store, { sinks: [aDeclaredSink('crm', { settings: 'old' })] });
    await recordEvents(store, 'findall_1', ['c1']);
    const lease = await claimLane(store, 'crm', { settings: 'old' });
    await declareOn(store, { sinks: [aDeclaredSink('crm', { settings: 'new' })] });
    const generation = await generationIn(store);
    const event = queued(draftSinkEvent('findall.sink.stopped', 'crm', 1, {}), 'log');
    const change = { kind: 'stopped', episode: 1, reason: 'HTTP 410', event } as const;

    const news = { generation, change, pausedUntil: T0 + 60_000 };
    const stopped = { kind: 'stopped', reason: 'HTTP 410', now: T0 } as const;
    expect(await store.settle(lease, stopped, news)).toEqual({ kind: 'settled', events: [] });

    expect(await store.backlog()).toMatchObject([{ sink: 'crm', state: 'running', pausedUntil: null }]);
    expect(await claimLanes(store, 'crm', { settings: 'new' })).toMatchObject([{ attempt: 1 }]);
  });

  describe('a declared sink', () => {
    test('is delivered to only by who has the declared settings', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await declareOn(store, CRM);

      expect(await claimLanes(store, 'crm', { settings: null })).toEqual([]);
      expect(await claimLanes(store, 'crm', { settings: 'other settings' })).toEqual([]);
      expect(await claimLanes(store, 'crm', { settings: 'settings of crm' })).toHaveLength(1);
    });

    test('that is declared no more keeps its deliveries, and nobody gets them', async () => {
      const { store } = bench;
      await recordEvents(store, 'findall_1', ['c1']);
      await declareOn(store, CRM);
      await declareOn(store, OPS);

      expect(await claimLanes(store, 'crm', { settings: 'settings of crm' })).toEqual([]);
      expect(await store.backlog()).toMatchObject([{ sink: 'crm', pending: 1, isDeclared: false }]);
      await declareOn(store, CRM);
      expect(await claimLanes(store, 'crm', { settings: 'settings of crm' })).toHaveLength(1);
    });

    test('that is new or changed is tried at once, another waits for its retry', async () => {
      const { store } = bench;
      await declareOn(store, { sinks: [aDeclaredSink('crm'), aDeclaredSink('ops')] });
      await recordEvents(store, 'findall_1', ['c1'], { sinks: ['crm', 'ops'] });
      for (const sink of ['crm', 'ops']) {
        const lease = await claimLane(store, sink, { settings: `settings of ${sink}` });
        await store.settle(lease, retryAt(T0 + 1e6));
      }
      await declareOn(store, {
        sinks: [aDeclaredSink('crm', { settings: 'changed' }), aDeclaredSink('ops')],
      });

      expect(await claimLanes(store, 'crm', { settings: 'changed' })).toHaveLength(1);
      expect(await claimLanes(store, 'ops', { settings: 'settings of ops' })).toEqual([]);
    });
  });
}

/** Reloads that a command asks for. */
export function contractOfReloads(bench: Bench): void {
  test('are asked of every living daemon, which sees the request at its next beat, until it has answered', async () => {
    const { store } = bench;
    const [one, other] = [aPresence('one'), aPresence('other', { startedAt: T0 + 1 })];
    for (const each of [one, other]) expect(await store.beat(each, T0)).toMatchObject({ reload: 0 });

    expect(await store.requestReload(T0)).toMatchObject([
      { daemon: { owner: 'one' }, asked: 1, answered: 0, answer: null },
      { daemon: { owner: 'other' }, asked: 1, answered: 0, answer: null },
    ]);

    expect(await store.beat(one, T0 + 5000)).toMatchObject({ reload: 1 });
    await store.answerReload('one', 1, RELOADED);
    expect(await store.beat(one, T0 + 9000)).toMatchObject({ reload: 0 });
    expect(await store.beat(other, T0 + 9000)).toMatchObject({ reload: 1 });
    await store.answerReload('other', 1, REJECTED);
    expect(await store.reloads(T0 + 9000)).toMatchObject([
      { daemon: { owner: 'one' }, answered: 1, answer: RELOADED },
      { daemon: { owner: 'other' }, answered: 1, answer: REJECTED },
    ]);
  });

  test('that are asked for while one is under way are requests of their own', async () => {
    const { store } = bench;
    const daemon = aPresence('one');
    await store.beat(daemon, T0);
    await store.requestReload(T0);
    expect(await store.requestReload(T0)).toMatchObject([{ asked: 2, answered: 0 }]);

    await store.answerReload('one', 1, RELOADED);

    expect(await store.beat(daemon, T0)).toMatchObject({ reload: 2 });
  });

  test('are asked of no process that is dead or only follows', async () => {
    const { store } = bench;
    await store.beat(aPresence('dead'), T0);
    await store.beat(aPresence('follow', { role: 'follow' }), T0 + 60_000);

    expect(await store.requestReload(T0 + 60_000)).toEqual([]);

    expect(await store.beat(aPresence('follow', { role: 'follow' }), T0 + 60_000)).toMatchObject({
      reload: 0,
    });
  });

  test('have no answer of a process that has stopped', async () => {
    const { store } = bench;
    await store.beat(aPresence('one'), T0);
    await store.requestReload(T0);
    await store.releaseOwner('one', 'stopped');

    await store.answerReload('one', 1, RELOADED);

    expect(await store.reloads(T0)).toEqual([]);
  });
}
