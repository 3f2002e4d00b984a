/**
 * One run under noise, watched by one or two daemons on one store that are killed now and then, until the noise ends. What they
 * recorded is compared with what really happened.
 */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import type { Rules } from '../../src/declaration/declaration.ts';
import type { Snapshot } from '../../src/model.ts';
import type { RunEvent } from '../../src/run-event.ts';
import type { SourceAnswer } from '../../src/poll/source.ts';
import { type PollReport, watchRun } from '../../src/poll/watch-run.ts';
import { openStore } from '../../src/record/open-store.ts';
import type { RunLease, Store } from '../../src/record/store.ts';
import { bodyOf } from '../poll/scripted-source.ts';
import { alwaysInForce, POLICY } from '../poll/watch.ts';
import { createHandClock, type HandClock } from '../simulator/hand-clock.ts';
import { type Answer, anyNoise, NOISE, type NoiseName } from './noise.ts';
import { anyHappening, type Happening, Truth } from './truth.ts';

/** One poll: what happens before it, what is answered, and what becomes of the daemon that asked. */
interface Step {
  happening: Happening;
  /** A number: what this life is full of. */
  noise: NoiseName | 0 | 1;
  dice: number;
  /** `overtaken`: it hangs until its lease is over and another daemon has polled. */
  fate: 'lives' | 'killed before recording' | 'killed after recording' | 'overtaken';
}

export interface Life {
  isStamped: boolean;
  baseline: 'notify' | 'silent';
  lingerMs: number;
  /** Two kinds of noise that come again and again. */
  recurring: [NoiseName, NoiseName];
  steps: Step[];
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  happening: anyHappening,
  noise: fc.oneof(anyNoise, fc.constantFrom(0 as const, 1 as const)),
  dice: fc.nat(1000),
  fate: fc.oneof(
    { weight: 12, arbitrary: fc.constant('lives' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('killed before recording', 'killed after recording', 'overtaken'),
    },
  ),
});

export const anyLife: fc.Arbitrary<Life> = fc.record({
  isStamped: fc.boolean(),
  baseline: fc.constantFrom('notify', 'notify', 'silent'),
  // A run that is looked at for the last time while things happen has not to know them.
  lingerMs: fc.constantFrom(86_400_000, 86_400_000, 300_000, 0),
  recurring: fc.tuple(anyNoise, anyNoise),
  steps: fc.array(anyStep, { minLength: 1, maxLength: 24 }),
});

/** An answer that was recorded, and what it said. */
interface Recording {
  snapshot: Snapshot | 'unchanged' | null;
  events: readonly RunEvent[];
  /** What the answer said about the key. */
  ofKey: 'refused' | 'accepted' | 'nothing';
}

/** What came of a life. */
export interface Outcome {
  truth: Truth;
  events: readonly RunEvent[];
  recordings: readonly Recording[];
  /** Polls after the noise had ended. */
  quietPolls: number;
  state: string;
}

const LEASE_MS = 90_000;
const FINDALL_ID = 'findall_fuzz';
/** Polls after the end of the noise until all must be known. */
const QUIET_POLLS = 10;
const rules: Rules = { ...POLICY, generation: '' };

/** Lives `life` on a copy of the empty state file `template`. */
export async function live(life: Life, template: string, directory: string): Promise<Outcome> {
  const path = join(directory, `${randomUUID()}.db`);
  await copyFile(template, path);
  const store = await openStore(path, randomUUID);
  try {
    return await new World(store, life).run();
  } finally {
    await store.close();
    for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true });
  }
}

class World {
  readonly #store: Store;
  readonly #life: Life;
  readonly #clock: HandClock = createHandClock();
  readonly #truth: Truth;
  readonly #recordings: Recording[] = [];
  #denials = 0;
  #bodies = 0;

  constructor(store: Store, life: Life) {
    this.#store = store;
    this.#life = life;
    this.#truth = new Truth(FINDALL_ID, life.isStamped, this.#clock.now());
  }

  async run(): Promise<Outcome> {
    const { baseline } = this.#life;
    await this.#store.trackRun({ findallId: FINDALL_ID, mode: 'declare', baseline }, this.#clock.now());
    for (const step of this.#life.steps) {
      this.#truth.happen(step.happening, this.#clock.now());
      await this.#poll(step);
    }
    let quietPolls = 0;
    while (quietPolls < QUIET_POLLS && (await this.#poll(null))) quietPolls += 1;
    const events = await this.#store.events({ limit: 10_000 });
    const run = await this.#store.run(FINDALL_ID);
    return {
      ...{ truth: this.#truth, recordings: this.#recordings, quietPolls },
      ...{ events: events.map(({ event }) => event), state: run?.state ?? 'unknown' },
    };
  }

  /** Polls when the run is due next; false when it is polled no more. */
  async #poll(step: Step | null): Promise<boolean> {
    const lease = await this.#claim();
    if (lease === null) return false;
    const answer = this.#answer(step);
    const fate = step?.fate ?? 'lives';
    const deps = {
      store: this.#store,
      inForce: alwaysInForce({ ...rules, lingerMs: this.#life.lingerMs }),
      ...{ keyFingerprint: 'key', promptMs: 10_000, clock: this.#clock, random: () => 0.5 },
      report: (poll: PollReport) => this.#note(poll),
      source: {
        fetchResult: async (): Promise<SourceAnswer> => {
          if (fate === 'killed before recording') throw new Error('killed');
          if (fate === 'overtaken') {
            this.#clock.advance(LEASE_MS + 1);
            await this.#poll(null);
          }
          return answer;
        },
      },
    };
    await watchRun(lease, deps, new AbortController().signal).catch(() => {});
    // Another process notices who is gone, and gives back what it held.
    if (fate.startsWith('killed')) await this.#store.releaseOwner(lease.owner);
    this.#clock.advance(1);
    return true;
  }

  async #claim(): Promise<RunLease | null> {
    for (let look = 0; look < 100; look++) {
      const [lease] = await this.#store.claimDueRuns({
        ...{
          owner: randomUUID(),
          limit: 1,
          leaseMs: LEASE_MS,
          now: this.#clock.now(),
          keyFingerprint: 'key',
        },
      });
      if (lease) return lease;
      const run = await this.#store.run(FINDALL_ID);
      if (run?.nextPollAt == null) return null;
      // Due, but the key is refused: the probe is due later.
      this.#clock.advance(Math.max(run.nextPollAt - this.#clock.now(), 5000));
    }
    throw new Error('the run is never due');
  }

  #answer(step: Step | null): SourceAnswer {
    const saying = { truth: this.#truth, now: this.#clock.now(), dice: step?.dice ?? 0 };
    const noise = step?.noise ?? 'none';
    const answer: Answer = NOISE[typeof noise === 'number' ? this.#life.recurring[noise] : noise](saying);
    if (step?.fate === 'killed before recording') return { kind: 'unavailable', reason: 'killed' };
    if (!('kind' in answer)) {
      this.#denials = 0;
      return bodyOf(answer.body as Snapshot, `body ${++this.#bodies}`);
    }
    this.#denials = answer.kind === 'gone' ? this.#denials + 1 : 0;
    // Denied three times in a row it is gone.
    return this.#denials < 3 ? answer : { kind: 'unavailable', status: 503, reason: 'HTTP 503' };
  }

  #note({ answer, record, recorded }: PollReport): void {
    if (recorded.kind !== 'recorded') return;
    const isUsed = record.update.failures === 0;
    const snapshot = answer.kind === 'snapshot' && isUsed ? answer.snapshot : null;
    this.#recordings.push({
      snapshot: answer.kind === 'unchanged' ? 'unchanged' : snapshot,
      ...{ events: recorded.events, ofKey: saidOfKey(answer) },
    });
  }
}

function saidOfKey({ kind }: PollReport['answer']): Recording['ofKey'] {
  if (kind === 'unauthorized') return 'refused';
  return kind === 'unavailable' ? 'nothing' : 'accepted';
}
