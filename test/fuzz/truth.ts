/** What really happens to a run, step by step, and what of it the API could show at any time. */
import * as fc from 'fast-check';
import type { Candidate, Snapshot } from '../../src/model.ts';
import { candidate, runObject } from '../builders/model-builders.ts';

const CANDIDATES = ['c1', 'c2', 'c3', 'c4'] as const;
const FIELDS = ['height', 'lamps'] as const;
const VALUES: readonly unknown[] = ['31 m', '46 m', ['red', 'white'], { value: 'lit', type: 'enrichment' }];

/** One thing that happens. What makes no sense at the time (deciding what is not there) is left out. */
export type Happening =
  | { do: 'nothing' }
  | { do: 'add' | 'match' | 'unmatch' | 'discard' | 'evaluate'; candidate: string }
  | { do: 'enrich'; candidate: string; field: string; value: unknown }
  | { do: 'rename'; candidate: string }
  | { do: 'status' | 'end' | 'halt' | 'revive' | 'reason'; status: string; reason: string | null };

export const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Happening>({ do: 'nothing' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('add' as const, 'match' as const, 'match' as const, 'unmatch' as const),
      candidate: fc.constantFrom(...CANDIDATES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('discard' as const, 'evaluate' as const, 'rename' as const),
      candidate: fc.constantFrom(...CANDIDATES),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('enrich' as const),
      candidate: fc.constantFrom(...CANDIDATES),
      field: fc.constantFrom(...FIELDS),
      value: fc.constantFrom(...VALUES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'status' as const,
          'end' as const,
          'halt' as const,
          'revive' as const,
          'reason' as const,
        ),
        fc.constantFrom('completed', 'failed', 'cancelled'),
        fc.constantFrom(null, 'match_limit_met', 'error_occurred'),
      )
      .map(([what, status, reason]): Happening => ({ do: what, status, reason })),
  },
);

/** A run as it is. Every state it has been in is kept: a replica of the API that lags shows an old one. */
export class Truth {
  readonly past: Snapshot[] = [];
  #candidates = new Map<string, Candidate>();
  #run: { status: string; isActive: boolean; reason: string | null } = {
    status: 'queued',
    isActive: true,
    reason: null,
  };
  readonly #findallId: string;
  readonly #isStamped: boolean;
  #modifiedAt: number;

  constructor(findallId: string, isStamped: boolean, now: number) {
    this.#findallId = findallId;
    this.#isStamped = isStamped;
    this.#modifiedAt = now;
    this.past.push(this.#snapshot());
  }

  get present(): Snapshot {
    return this.past.at(-1) as Snapshot;
  }

  happen(what: Happening, now: number): void {
    if (what.do === 'nothing') return;
    if ('candidate' in what) this.#happenToCandidate(what);
    else this.#happenToRun(what);
    this.#modifiedAt = now;
    this.past.push(this.#snapshot());
  }

  #happenToCandidate(what: Extract<Happening, { candidate: string }>): void {
    const known = this.#candidates.get(what.candidate);
    const one = known ?? candidate(what.candidate, 'generated');
    const statuses = {
      match: 'matched',
      unmatch: 'unmatched',
      discard: 'discarded',
      evaluate: 'generated',
    } as const;
    if (what.do === 'enrich') {
      const output = { ...(one.output as object | undefined), [what.field]: what.value };
      const cited = { url: `https://${what.field}.example` };
      const basis = [{ field: what.field, reasoning: 'seen', confidence: 'high', citations: [cited] }];
      this.#candidates.set(what.candidate, { ...one, output, basis });
    } else if (what.do === 'rename') {
      this.#candidates.set(what.candidate, { ...one, name: `${String(one.name)}'` });
    } else if (what.do === 'add') {
      this.#candidates.set(what.candidate, one);
    } else {
      this.#candidates.set(what.candidate, { ...one, match_status: statuses[what.do] });
    }
  }

  #happenToRun(what: Extract<Happening, { reason: string | null }>): void {
    const { isActive } = this.#run;
    const isHalted = this.#run.status === 'action_required';
    if (what.do === 'end' && isActive)
      this.#run = { status: what.status, isActive: false, reason: what.reason };
    if (what.do === 'halt' && isActive)
      this.#run = { status: 'action_required', isActive: false, reason: null };
    if (what.do === 'revive' && !isActive) this.#run = { status: 'running', isActive: true, reason: null };
    if (what.do === 'status' && isActive) this.#run = { status: 'running', isActive: true, reason: null };
    if (what.do === 'reason' && !isActive && !isHalted && what.reason !== null) {
      this.#run = { ...this.#run, reason: what.reason };
    }
  }

  #snapshot(): Snapshot {
    const { status, isActive, reason } = this.#run;
    const candidates = [...this.#candidates.values()];
    const matched = candidates.filter((one) => one.match_status === 'matched').length;
    const run = runObject(status, {
      ...{ findall_id: this.#findallId, is_active: isActive, reason },
      ...(this.#isStamped ? { modified_at: new Date(this.#modifiedAt).toISOString() } : {}),
    });
    run.status.metrics = { generated_candidates_count: candidates.length, matched_candidates_count: matched };
    return { run, candidates };
  }
}
