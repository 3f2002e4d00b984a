import type { FieldBasis } from '../../documented-result.ts';
import {
  findallIdFor,
  type EndStep,
  type EnrichStep,
  type Scenario,
  type TimelineStep,
} from '../scenario.ts';
import { basisOf, candidateIdOf, introduced, judged, type Company, type OutputForm } from './company.ts';
import { STORAGE_COMPANIES, STORAGE_OBJECTIVE } from './storage-companies.ts';

/** A scenario of the library: our invented objective, and an id that follows from the name. */
export function storyline(
  name: string,
  timeline: TimelineStep[],
  given: Partial<Pick<Scenario, 'objective' | 'matchLimit' | 'generator' | 'createdAtMs' | 'metadata'>> = {},
): Scenario {
  return {
    findallId: findallIdFor(name),
    name,
    objective: STORAGE_OBJECTIVE,
    generator: 'core',
    metadata: { team: 'market-research', scenario: name },
    createdAtMs: 0,
    ...given,
    timeline: timeline.toSorted((one, other) => one.atMs - other.atMs),
  };
}

/** The invented company of this name. */
export function company(name: string): Company {
  const found = STORAGE_COMPANIES.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`no invented company ${JSON.stringify(name)}`);
  return found;
}

/** Queued for `queuedMs`, then running. */
export function started(queuedMs = 500): TimelineStep[] {
  return [
    { atMs: 0, kind: 'status', status: 'queued' },
    { atMs: queuedMs, kind: 'status', status: 'running' },
  ];
}

/** Every company in turn: introduced `everyMs` apart from `fromMs` on, each judged `judgedAfterMs` later. */
export function evaluated(
  run: string,
  names: readonly string[],
  { fromMs, everyMs, judgedAfterMs }: { fromMs: number; everyMs: number; judgedAfterMs: number },
  given: { matchStatus?: string; form?: OutputForm } = {},
): TimelineStep[] {
  return names.flatMap((name, index) => {
    const atMs = fromMs + index * everyMs;
    return [
      introduced(run, atMs, company(name), given.form),
      judged(run, atMs + judgedAfterMs, company(name), given),
    ];
  });
}

/** The ending. */
export function end(atMs: number, status: string, terminationReason?: string): EndStep {
  return { atMs, kind: 'end', status, ...(terminationReason === undefined ? {} : { terminationReason }) };
}

/** An enrichment lands: the headcount of the company, with where it was read. */
export function enriched(run: string, atMs: number, name: string, headcount: number): EnrichStep {
  const basis: FieldBasis = basisOf(company(name), {
    field: 'headcount',
    value: String(headcount),
    isMatched: true,
    confidence: 'medium',
    reasoning: `The team page shows ${headcount} people.`,
    source: 'team',
    title: `The ${name} team`,
    excerpt: `We are ${headcount} people in two offices.`,
  });
  return {
    atMs,
    kind: 'enrich',
    candidateId: candidateIdOf(run, company(name)),
    output: { headcount: { value: String(headcount), type: 'enrichment' } },
    basis: [basis],
  };
}
