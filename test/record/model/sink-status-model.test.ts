/** Any history of one sink: what the store says of it is what is pending, and each change is reported once, in order. */
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeliveryLease, Settlement, SinkNews } from '../../../src/record/outbox.ts';
import { openPostgres } from '../../../src/record/postgres/postgres-database.ts';
import { createSqlStore } from '../../../src/record/sql-store.ts';
import { openSqlite } from '../../../src/record/sqlite/sqlite-database.ts';
import type { Store } from '../../../src/record/store.ts';
import {
  aDeclaredSink,
  aDraft,
  aRecord,
  declareOn,
  generationIn,
  queued,
  T0,
} from '../../builders/record-builders.ts';
import { claimLanes, claimRun } from '../store-actions.ts';
import { emptyTempDatabase } from '../postgres/temp-postgres.ts';
import { makeStateFile } from '../../builders/temp-store.ts';
import { makeTempDirectory, removeTempDirectory } from '../../support/temp-directory.ts';

const runs = Number(process.env['MODEL_RUNS'] ?? 40);
const ALERT_AFTER_MS = 500;
const RUNS = ['findall_1', 'findall_2'];

type Because = 'delivered' | 'dead' | 'split' | 'dropped' | 'superseded' | 'resumed' | 'undeclared';
type Reported = 'failing' | 'stopped' | `recovered ${Because}`;

interface Pending {
  candidate: string;
  isEnriched: boolean;
  /** Of the last attempt. */
  failed: boolean;
  /** Claimed, and not heard of again: maybe on its way, maybe interrupted. */
  isOut: boolean;
}

/** What of the sink's deliveries is pending, what it has failed of that, and what was reported of it: as small as it can be said. */
class SinkModel {
  now = T0;
  declared: string | null = null;
  stopped = false;
  /** By stream and sequence. */
  pending = new Map<string, Pending>();
  state: 'running' | 'failing' | 'stopped' = 'running';
  reported: Reported[] = [];
  private failingSince: number | null = null;
  private worst: 'failing' | 'stopped' | null = null;

  get hasFailed(): boolean {
    return [...this.pending.values()].some(({ failed }) => failed);
  }

  lookUp(stream: string, sequence: number): Pending {
    const one = this.pending.get(keyOf(stream, sequence));
    if (!one) throw new Error(`${stream} ${sequence} is not pending`);
    return one;
  }

  fail(): void {
    if (this.state === 'stopped' || !this.hasFailed) return;
    this.state = 'failing';
    this.failingSince ??= this.now;
    if (this.worst === null && this.now - this.failingSince >= ALERT_AFTER_MS) this.recordEvents('failing');
  }

  stop(): void {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.failingSince ??= this.now;
    this.recordEvents('stopped');
  }

  ease(because: Because): void {
    if (this.state === 'failing' && !this.hasFailed) this.recover(because);
  }

  resume(): void {
    if (this.state !== 'stopped') return;
    this.recover('resumed');
    if (!this.hasFailed) return;
    this.state = 'failing';
    this.failingSince = this.now;
  }

  declare(settings: string | null): void {
    this.declared = settings;
    if (settings === null) {
      for (const one of this.pending.values()) one.failed = false;
      if (this.state !== 'running') this.recover('undeclared');
    } else {
      this.resume();
    }
  }

  private recover(because: Because): void {
    if (this.worst !== null) this.reported.push(`recovered ${because}`);
    [this.state, this.failingSince, this.worst] = ['running', null, null];
  }

  private recordEvents(worst: 'failing' | 'stopped'): void {
    this.worst = worst;
    this.reported.push(worst);
  }
}

interface Reality {
  store: Store;
  open(): Promise<Store>;
  /** Under way, some of them for a process that was killed. */
  leases: DeliveryLease[];
}

type Step = fc.AsyncCommand<SinkModel, Reality>;

function step(name: string, run: (model: SinkModel, real: Reality) => Promise<void>): Step {
  return {
    check: () => true,
    async run(model, real) {
      model.now += 100;
      await run(model, real);
      await expectAgreement(model, real.store);
    },
    toString: () => name,
  };
}

async function expectAgreement(model: SinkModel, store: Store): Promise<void> {
  const current = (await store.backlog()).find(({ sink }) => sink === 'crm');
  expect(current?.pending ?? 0).toBe(model.pending.size);
  expect(current?.state ?? 'running').toBe(model.state);
  expect(model.state === 'failing').toBe(model.hasFailed && model.state !== 'stopped');
  const types = ['findall.sink.failing', 'findall.sink.stopped', 'findall.sink.recovered'] as const;
  const events = await store.events({ types, limit: 1000 });
  expect(
    events.map(({ event: { type, data } }) =>
      type === 'findall.sink.recovered'
        ? `recovered ${String(data['because'])}`
        : type.slice('findall.sink.'.length),
    ),
  ).toEqual(model.reported);
  // Each begins where the one before has ended.
  expect(model.reported.join()).toMatch(
    /^(?:(?:failing(?:,stopped)?|stopped),recovered \w+,?)*(?:failing(?:,stopped)?|stopped)?$/,
  );
}

const keyOf = (stream: string, sequence: number) => `${stream} ${sequence}`;

/** Matches, and enrichments that supersede older ones of the same candidate. */
const record = (run: string, candidates: readonly number[], isEnriched: boolean) => {
  let occurrence = 0;
  return step(
    `record(${run}, ${candidates.join()}, ${isEnriched ? 'enriched' : 'matched'})`,
    async (model, { store }) => {
      occurrence += 1;
      const type = isEnriched ? 'findall.candidate.enriched' : 'findall.candidate.matched';
      const drafts = candidates.map((n) =>
        aDraft(run, `c${n}`, { type, occurrence: model.now * 10 + occurrence }),
      );
      await store.trackRun({ findallId: run, mode: 'resume' }, model.now);
      const lease = await claimRun(store, run, { now: model.now });
      const generation = await generationIn(store);
      const events = drafts.map((draft) => queued(draft, 'crm'));
      const recorded = await store.recordPoll(lease, aRecord(lease, { now: model.now, events, generation }));
      if (recorded.kind !== 'recorded') throw new Error(recorded.kind);
      const fresh = recorded.events.filter(({ type: of }) => of === type);
      if (isEnriched) {
        const newer = new Set(candidates.map((n) => `c${n}`));
        let failed = false;
        for (const [key, one] of model.pending) {
          const superseded =
            key.startsWith(`${run} `) && one.isEnriched && newer.has(one.candidate) && !one.isOut;
          if (!superseded) continue;
          failed ||= one.failed;
          model.pending.delete(key);
        }
        if (failed) model.ease('superseded');
      }
      for (const { sequence, data } of fresh)
        model.pending.set(keyOf(run, sequence), {
          ...{ candidate: String(data['candidate_id']), isEnriched, failed: false, isOut: false },
        });
    },
  );
};

const claim = (streams: number, batch: number) =>
  step(`claim(${streams}, ${batch})`, async (model, real) => {
    if (model.declared === null) return;
    const leases = await claimLanes(real.store, 'crm', {
      ...{ streams, batch, look: 9, now: model.now, settings: model.declared, leaseMs: 1e9 },
    });
    real.leases.push(...leases);
    for (const { stream, events } of leases)
      for (const { sequence } of events) model.lookUp(stream, sequence).isOut = true;
  });

const OUTCOMES = ['delivered', 'retry', 'refused', 'given up', 'stopped', 'released'] as const;

/** The end of an attempt, maybe of one that began under other settings. */
const settle = (outcome: (typeof OUTCOMES)[number], back: number) =>
  step(`settle(${outcome}, ${back})`, async (model, real) => {
    const [lease] = real.leases.splice(back % Math.max(1, real.leases.length), 1);
    if (!lease) return;
    const [settlement, news] = endOf(outcome, lease, model.now);
    const settled = await real.store.settle(lease, settlement, news);
    if (settled.kind === 'lease-lost') return;
    const counts = lease.settings === model.declared;
    const held = lease.events
      .map(({ sequence }) => keyOf(lease.stream, sequence))
      .flatMap((key) => {
        const one = model.pending.get(key);
        return one ? [{ key, one }] : [];
      });
    const hadFailed = held.some(({ one }) => one.failed);
    for (const { key, one } of held) {
      one.isOut = false;
      if (settlement.kind === 'delivered' || settlement.kind === 'dead') model.pending.delete(key);
      else if (news.failure !== undefined && counts) one.failed = true;
      else if (settlement.kind === 'split') one.failed = false;
    }
    if (settlement.kind === 'stopped' && counts) model.stop();
    else if (news.failure !== undefined && counts && settlement.kind !== 'dead') model.fail();
    else if (
      hadFailed &&
      (settlement.kind === 'delivered' || settlement.kind === 'dead' || settlement.kind === 'split')
    )
      model.ease(settlement.kind);
  });

function endOf(
  outcome: (typeof OUTCOMES)[number],
  { events }: DeliveryLease,
  now: number,
): [Settlement, SinkNews] {
  const isGroup = events.length > 1;
  const failure = { reason: 'HTTP 503', alertAfterMs: ALERT_AFTER_MS };
  switch (outcome) {
    case 'retry':
      return [{ kind: 'retry', now, at: now, reason: 'HTTP 503' }, { failure }];
    case 'refused':
      return [{ kind: isGroup ? 'split' : 'dead', now, reason: 'HTTP 400' }, {}];
    case 'given up':
      return [{ kind: isGroup ? 'split' : 'dead', now, reason: 'HTTP 503' }, { failure }];
    case 'stopped':
      return [{ kind: 'stopped', now, reason: 'HTTP 410' }, {}];
    case 'delivered':
    case 'released':
      return [{ kind: outcome, now }, {}];
  }
}

const drop = step('drop', async (model, { store }) => {
  await store.drop({ sink: 'crm', states: ['pending'] }, model.now);
  const { hasFailed } = model;
  model.pending.clear();
  if (hasFailed) model.ease('dropped');
});

/** What was dropped or is dead is pending again, as if it had never been tried. */
const redeliver = step('redeliver', async (model, { store }) => {
  const again = await store.deliveries({ sink: 'crm', states: ['dead', 'dropped'], limit: 1000 });
  await store.redeliver({ sink: 'crm' }, model.now);
  for (const { stream, sequence, event } of again) {
    const { type } = event;
    model.pending.set(keyOf(stream, sequence), {
      candidate: String(event.data['candidate_id']),
      ...{ isEnriched: type === 'findall.candidate.enriched', failed: false, isOut: false },
    });
  }
});

const resume = step('resume', async (model, { store }) => {
  await store.resumeSinks(['crm'], model.now);
  model.resume();
});

const declare = (settings: string | null) =>
  step(`declare(${settings})`, async (model, { store }) => {
    const sinks = settings === null ? [] : [aDeclaredSink('crm', { settings })];
    await declareOn(store, { sinks: [...sinks, aDeclaredSink('ops')] }, { now: model.now });
    model.declare(settings);
  });

/** The process dies; its attempts are interrupted, and end for nobody. */
const kill = step('kill', async (_, real) => {
  await real.store.close();
  real.store = await real.open();
  await real.store.releaseOwner('a');
  if (real.leases.length > 3) real.leases.splice(0);
});

const anyHistory = fc.commands(
  [
    fc
      .tuple(fc.constantFrom(...RUNS), fc.array(fc.nat(1), { minLength: 1, maxLength: 2 }), fc.boolean())
      .map(([run, candidates, isEnriched]) => record(run, [...new Set(candidates)], isEnriched)),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })).map((is) => claim(...is)),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })).map((is) => claim(...is)),
    fc.tuple(fc.constantFrom(...OUTCOMES, 'retry' as const), fc.nat(4)).map((is) => settle(...is)),
    fc.tuple(fc.constantFrom(...OUTCOMES, 'retry' as const), fc.nat(4)).map((is) => settle(...is)),
    ...[drop, redeliver, resume, kill].map((one) => fc.constant(one)),
    fc.constantFrom('v1', 'v1', 'v2', null).map(declare),
  ],
  { size: 'large', maxCommands: 60 },
);

interface Place {
  open(): Promise<Store>;
  end(): Promise<void>;
}

async function checkHistories(numRuns: number, makePlace: () => Promise<Place>): Promise<void> {
  const property = fc.asyncProperty(anyHistory, async (history) => {
    const { open, end } = await makePlace();
    const real: Reality = { store: await open(), open, leases: [] };
    const model = new SinkModel();
    model.declared = 'v1';
    try {
      await declareOn(real.store, {
        sinks: [aDeclaredSink('crm', { settings: 'v1' }), aDeclaredSink('ops')],
      });
      await fc.asyncModelRun(async () => ({ model, real }), history);
    } finally {
      await real.store.close();
      await end();
    }
  });
  await fc.assert(property, { numRuns });
}

test('in a SQLite file a sink is failing exactly while something that it failed is pending', async () => {
  await checkHistories(runs, async () => {
    const directory = await makeTempDirectory();
    const path = await makeStateFile(directory);
    return {
      open: async () => createSqlStore(await openSqlite(path), randomUUID),
      end: () => removeTempDirectory(directory),
    };
  });
  expect.hasAssertions();
});

test('in a PostgreSQL database a sink is failing exactly while something that it failed is pending', async () => {
  await checkHistories(Math.ceil(runs / 4), async () => {
    const url = await emptyTempDatabase();
    return { open: async () => createSqlStore(await openPostgres(url, 2), randomUUID), end: async () => {} };
  });
  expect.hasAssertions();
});
