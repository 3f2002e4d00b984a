/**
 * Several processes of different configuration on one store, in any order: daemons that start, restart with old files, reload,
 * stop and are killed, follows with and without delivery, and operators. What was recorded is queued for every sink that was in
 * force at its commit, or says why not, and runs are polled as it is declared.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Declaration, Generation, InForce } from '../../../src/declaration/declaration.ts';
import { createSubscriptions } from '../../../src/declaration/subscriptions.ts';
import { createInForce } from '../../../src/declaration/in-force.ts';
import type { Snapshot } from '../../../src/model.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import { watchRun } from '../../../src/poll/watch-run.ts';
import { createPresence, type PresenceKeeper } from '../../../src/presence.ts';
import { callersClock } from '../../../src/record/sql/lease-clock.ts';
import { openStore } from '../../../src/record/open-store.ts';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import type { Store } from '../../../src/record/store.ts';
import { candidate, runObject } from '../../builders/model-builders.ts';
import { bodyOf } from '../../poll/scripted-source.ts';
import { createHandClock } from '../../simulator/hand-clock.ts';
import { aDeclaredSink, aGeneration, KEY } from '../../builders/record-builders.ts';
import { emptyTempDatabase } from '../postgres/temp-postgres.ts';
import { makeTempDirectory, removeTempDirectory } from '../../support/temp-directory.ts';

const seed = Number(process.env['PROPERTY_SEED'] ?? 20_261_127);
const RUNS = ['findall_1', 'findall_2'];
const SECOND = 1000;
const logger = pino({ level: 'silent' });

function poll(interval: number, linger: number): Declaration['poll'] {
  return {
    ...{ intervalMs: interval * SECOND, maxIntervalMs: interval * SECOND, lingerMs: linger * SECOND },
    ...{ maxWatchMs: 1e9, degradedAfterMs: 300_000, goneAfterMs: 120_000, enrichedBy: 'output' },
  };
}

const MATCHES = { events: ['findall.candidate.matched'] };

/** Configurations that differ in sinks, in what a sink of the same name wants, in settings, and in how they poll. */
const CONFIGURATIONS: Generation[] = [
  { sinks: [aDeclaredSink('crm')], poll: poll(10, 100) },
  { sinks: [aDeclaredSink('crm', MATCHES), aDeclaredSink('ops')], poll: poll(10, 0) },
  { sinks: [aDeclaredSink('crm', { settings: 'another address' })], poll: poll(3600, 100) },
  { sinks: [], poll: poll(60, 1000) },
].map(aGeneration);

/** How runs are polled before anything is declared. */
const UNDECLARED = poll(20, 300);

interface Process {
  owner: string;
  role: 'daemon' | 'follow';
  inForce: InForce;
  /** Null for a follow that only shows. */
  presence: PresenceKeeper | null;
  own: Generation;
}

/** What should be in force, said in a few lines. */
interface Model {
  inForce: Generation | null;
  superseded: Set<string>;
  living: Map<string, { role: string; generation: string; seenAt: number }>;
  /** Beats in a row that saw nobody hold what is in force. */
  alone: Map<string, number>;
}

interface World {
  store: Store;
  clock: ReturnType<typeof createHandClock>;
  processes: Process[];
  model: Model;
  /** What the API answers, by run. */
  api: Map<string, { candidates: number; ended: boolean }>;
}

type Step =
  | { do: 'start' | 'follow' | 'deliver'; configuration: number }
  | { do: 'reload'; at: number; configuration: number }
  | { do: 'stop' | 'kill' | 'beat' | 'beats'; at: number }
  | { do: 'poll'; at: number; news: 'match' | 'end' | 'nothing'; meanwhile: Step | null }
  | { do: 'wait'; seconds: number }
  | { do: 'track' | 'untrack'; run: number };

const at = fc.nat(9);
const configuration = fc.nat(CONFIGURATIONS.length - 1);
const change: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), configuration }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('deliver' as const, 'follow' as const), configuration }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reload' as const), at, configuration }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('stop' as const, 'kill' as const), at }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('beat' as const, 'beats' as const), at }) },
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: change },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ do: fc.constant('poll' as const), at },
      news: fc.constantFrom('match' as const, 'match' as const, 'end' as const, 'nothing' as const),
      meanwhile: fc.option(change, { freq: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 6, 20, 4000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('track' as const, 'untrack' as const),
      run: fc.nat(RUNS.length - 1),
    }),
  },
);

function holderIn({ inForce, living }: Model, now: number, but?: string): boolean {
  return [...living].some(
    ([owner, { role, generation, seenAt }]) =>
      owner !== but && role === 'daemon' && generation === inForce?.generation && now - seenAt < 15_000,
  );
}

/** The rule of a declaration. */
function declareIn(
  model: Model,
  { owner, role, own }: Process,
  when: 'always' | 'unless-held' | 'abandoned',
  now: number,
): void {
  model.living.set(owner, { role, generation: own.generation, seenAt: now });
  model.alone.set(owner, 0);
  const { inForce } = model;
  if (inForce?.generation === own.generation) return;
  if (inForce !== null && when !== 'always') {
    const daemons = [...model.living].filter(
      ([name, each]) => name !== owner && each.role === 'daemon' && now - each.seenAt < 15_000,
    );
    if (role === 'follow' && daemons.length > 0) return;
    const mayYield = role === 'daemon' && (when === 'abandoned' || model.superseded.has(own.generation));
    if (mayYield && holderIn(model, now, owner)) return;
  }
  if (inForce !== null && when !== 'abandoned') model.superseded.add(inForce.generation);
  model.inForce = own;
}

async function begin(
  { store, clock, processes, model }: World,
  role: Process['role'],
  own: Generation,
  delivers: boolean,
): Promise<void> {
  const owner = randomUUID();
  const inForce = createInForce(await store.inForce(), { undeclared: UNDECLARED });
  const shown = { owner, role, host: 'a-host', version: '1', startedAt: clock.now() };
  const presence = delivers
    ? createPresence({ store, inForce, presence: shown, clock, logger, onDeclared: () => {} })
    : null;
  const process: Process = { owner, role, inForce, presence, own };
  processes.push(process);
  if (presence === null) return;
  await presence.declare({ next: own, keyFingerprint: KEY }, 'unless-held');
  declareIn(model, process, 'unless-held', clock.now());
}

async function beat({ model, clock }: World, process: Process): Promise<void> {
  if (process.presence === null) return;
  await process.presence.beat();
  const { owner, role, own } = process;
  model.living.set(owner, { role, generation: own.generation, seenAt: clock.now() });
  const isAlone =
    role === 'daemon' && model.inForce?.generation !== own.generation && !holderIn(model, clock.now());
  const alone = isAlone ? (model.alone.get(owner) ?? 0) + 1 : 0;
  model.alone.set(owner, alone);
  if (alone >= 3) declareIn(model, process, 'abandoned', clock.now());
}

function answerOf(
  findallId: string,
  { candidates, ended }: { candidates: number; ended: boolean },
): Snapshot {
  const list = Array.from({ length: candidates }, (_, n) =>
    candidate(`c${n}`, n % 3 === 2 ? 'unmatched' : 'matched'),
  );
  return { run: runObject(ended ? 'completed' : 'running', { findall_id: findallId }), candidates: list };
}

/** Polls one due run; `meanwhile` happens when all is decided and the record is about to be written. */
async function pollOne(world: World, process: Process, step: Extract<Step, { do: 'poll' }>): Promise<void> {
  const { store, clock, api } = world;
  const now = clock.now();
  const claim = { owner: process.owner, limit: 1, leaseMs: 60_000, now, keyFingerprint: KEY };
  const [lease] = await store.claimDueRuns(claim);
  if (!lease) return;
  const { findallId } = lease.run;
  const known = api.get(findallId) ?? { candidates: 0, ended: false };
  if (step.news === 'match') known.candidates += 1;
  if (step.news === 'end') known.ended = true;
  api.set(findallId, known);
  const before = await store.events({ findallId, limit: 10_000 });
  let { meanwhile } = step;
  const recordPoll: Store['recordPoll'] = async (held, record) => {
    const now_ = meanwhile;
    meanwhile = null;
    if (now_ !== null) await doStep(world, now_);
    return await store.recordPoll(held, record);
  };
  const source = { fetchResult: async () => bodyOf(answerOf(findallId, known), randomUUID()) };
  let isRecorded = false;
  await watchRun(
    lease,
    {
      ...{ source, store: { readPrior: store.readPrior, recordPoll }, inForce: process.inForce, clock },
      ...{ keyFingerprint: KEY, promptMs: 10_000, random: () => 0.5 },
      report: ({ recorded }) => {
        isRecorded = recorded.kind === 'recorded';
      },
    },
    new AbortController().signal,
  );
  const after = await store.events({ findallId, limit: 10_000 });
  for (const { event } of after.slice(before.length)) await expectQueued(world, event);
  // An answer with news is never the last one of a run that has ended.
  const isQuiet = lease.run.run !== null && after.length === before.length && step.news !== 'match';
  if (isRecorded) await expectDeclaredPolicy(world, findallId, { ended: known.ended, isQuiet });
}

/** For every sink in force there is a delivery or a reason, and for no other. */
async function expectQueued({ store, model }: World, event: RunEvent): Promise<void> {
  const expected = createSubscriptions(model.inForce?.declaration.sinks ?? [])(event);
  const trace = await store.traceEvent(event.id);
  expect({
    sinks: trace?.deliveries.map(({ delivery }) => delivery.sink).toSorted(),
    skipped: trace?.skipped,
  }).toEqual({ sinks: expected.sinks.toSorted(), skipped: expected.skipped });
}

async function expectDeclaredPolicy(
  { store, model, clock }: World,
  findallId: string,
  { ended, isQuiet }: { ended: boolean; isQuiet: boolean },
): Promise<void> {
  const { intervalMs, lingerMs } = model.inForce?.declaration.poll ?? UNDECLARED;
  const run = await store.run(findallId);
  if (ended && lingerMs === 0) {
    expect(run?.state).toBe(isQuiet ? 'ended' : 'lingering');
    return;
  }
  if (run?.nextPollAt == null) return;
  expect(run.nextPollAt - clock.now()).toBeLessThanOrEqual(intervalMs);
  if (!ended) expect(run.nextPollAt - clock.now()).toBe(intervalMs);
}

async function doStep(world: World, step: Step): Promise<void> {
  const { store, clock, processes, model } = world;
  const chosen = 'at' in step ? processes[step.at % Math.max(1, processes.length)] : undefined;
  const configured = CONFIGURATIONS['configuration' in step ? step.configuration : 0] as Generation;
  switch (step.do) {
    case 'start':
      return await begin(world, 'daemon', configured, true);
    case 'follow':
      return await begin(world, 'follow', configured, false);
    case 'deliver': {
      const isAlone = (await store.livingProcesses(clock.now())).length === 0;
      return await begin(world, 'follow', configured, isAlone);
    }
    case 'reload':
      if (chosen?.role !== 'daemon' || chosen.presence === null) return;
      chosen.own = configured;
      await chosen.presence.declare({ next: configured, keyFingerprint: KEY }, 'always');
      declareIn(model, chosen, 'always', clock.now());
      return;
    case 'stop':
    case 'kill':
      if (!chosen) return;
      processes.splice(processes.indexOf(chosen), 1);
      if (step.do === 'kill') return;
      await store.releaseOwner(chosen.owner);
      model.living.delete(chosen.owner);
      return;
    case 'beat':
      if (chosen) await beat(world, chosen);
      return;
    case 'beats':
      if (!chosen) return;
      for (let n = 0; n < 4; n += 1) await beat(world, chosen);
      return;
    case 'poll':
      if (chosen) await pollOne(world, chosen, step);
      return;
    case 'wait':
      clock.advance(step.seconds * SECOND);
      return;
    case 'track':
      await store.trackRun({ findallId: RUNS[step.run] ?? '', mode: 'resume' }, clock.now());
      return;
    case 'untrack':
      await store.untrackRun(RUNS[step.run] ?? '');
  }
}

async function inFile(): Promise<{ store: Store; remove(): Promise<void> }> {
  const directory = await makeTempDirectory();
  const store = await openStore(join(directory, 'watch.db'), randomUUID);
  return { store, remove: () => removeTempDirectory(directory) };
}

async function inDatabase(): Promise<{ store: Store; remove(): Promise<void> }> {
  const url = await emptyTempDatabase();
  return {
    store: createSqlStore(await openPostgres(url, 2), randomUUID, { leaseClock: callersClock }),
    remove: async () => {},
  };
}

test.each([
  { where: 'a SQLite file', place: inFile, numRuns: 60 },
  { where: 'a PostgreSQL database', place: inDatabase, numRuns: 15 },
])(
  `in $where the declaration in force decides, whichever process records (seed ${seed})`,
  async ({ place, numRuns }) => {
    const history = fc.asyncProperty(fc.array(anyStep, { minLength: 20, maxLength: 60 }), async (steps) => {
      const { store, remove } = await place();
      const model: Model = { inForce: null, superseded: new Set(), living: new Map(), alone: new Map() };
      const world: World = { store, clock: createHandClock(), processes: [], model, api: new Map() };
      for (const findallId of RUNS) await store.trackRun({ findallId, mode: 'ensure' }, world.clock.now());
      try {
        for (const step of steps) {
          await doStep(world, step);
          expect((await store.inForce())?.generation).toBe(model.inForce?.generation);
        }
      } finally {
        await store.close();
        await remove();
      }
    });
    await fc.assert(history, { seed, numRuns });
  },
  120_000,
);
