import type { DocumentedCandidate } from '../documented-result.ts';
import type { EndStep, TimelineStep } from './scenario.ts';
import type { Random } from '../seeded-random.ts';

/** Something that happens to a generated run beyond its plain course. */
export type Twist = 'halt' | 'revival' | 'late-match' | 'enrichment' | 'vanish' | 'retraction';

export interface TimelineOptions {
  candidates: number;
  startMs: number;
  endMs: number;
  matchShare: number;
  twists: readonly Twist[];
}

/** Endings and how often they come: mostly good, and every documented reason. */
const ENDINGS: readonly (readonly [status: string, reason: string | undefined])[] = [
  ['completed', 'match_limit_met'],
  ['completed', 'match_limit_met'],
  ['completed', 'candidates_exhausted'],
  ['completed', 'low_match_rate'],
  ['completed', undefined],
  ['failed', 'error_occurred'],
  ['failed', 'timeout'],
  ['failed', 'insufficient_funds'],
  ['cancelled', 'user_cancelled'],
];

const CONDITIONS = ['builds_the_product_check', 'founded_after_2020_check', 'raised_funding_check'] as const;

interface Draft {
  random: Random;
  steps: TimelineStep[];
  /** Instant at `share` of the way from start to end. */
  at: (share: number) => number;
  happens: (twist: Twist) => boolean;
}

/**
 * The steps of one generated run, in order: candidates in the first 60 % of its time, the ending at 70 %,
 * and what comes after an ending in the rest.
 */
export function generateTimeline(random: Random, options: TimelineOptions): TimelineStep[] {
  const { startMs, endMs } = options;
  const draft: Draft = {
    random,
    steps: [],
    at: (share) => Math.round(startMs + share * (endMs - startMs)),
    happens: (twist) => {
      // Drawn even when not wanted, so that choosing fewer twists leaves the rest of the run as it was.
      const drawn = random.chance(1 / 3);
      return drawn && options.twists.includes(twist);
    },
  };
  const { steps, at, happens } = draft;
  steps.push({ atMs: 0, kind: 'status', status: 'queued' });
  steps.push({ atMs: at(0.02), kind: 'status', status: 'running' });
  if (happens('halt')) {
    steps.push({ atMs: at(0.2), kind: 'status', status: 'action_required' });
    steps.push({ atMs: at(0.3), kind: 'status', status: 'running' });
  }
  const matched = addCandidates(draft, options);
  const [status, reason] = random.pick(ENDINGS);
  steps.push(endStep(at(0.7), status, reason));
  if (happens('revival') && status === 'completed') revive(draft);
  addTwists(draft, matched);
  return steps.toSorted((one, other) => one.atMs - other.atMs);
}

/** Returns the ids of those that match. */
function addCandidates({ random, steps, at }: Draft, { candidates, matchShare }: TimelineOptions): string[] {
  const matched: string[] = [];
  for (let number = 1; number <= candidates; number += 1) {
    const appearsAt = 0.03 + random.next() * 0.4;
    const judgedAt = appearsAt + 0.01 + random.next() * (0.59 - appearsAt);
    const candidate = generateCandidate(random, number);
    steps.push({ atMs: at(appearsAt), kind: 'candidate', candidate });
    const isMatch = random.chance(matchShare);
    const fate = random.pick(['unmatched', 'unmatched', 'discarded', 'generated'] as const);
    const matchStatus = isMatch ? 'matched' : fate;
    if (isMatch) matched.push(candidate.candidate_id);
    if (matchStatus !== 'generated')
      steps.push(judge(random, at(judgedAt), candidate.candidate_id, matchStatus));
  }
  return matched;
}

/** Extended after its end: one more match, and it completes again. */
function revive({ random, steps, at }: Draft): void {
  const candidate = generateCandidate(random, 0);
  steps.push({ atMs: at(0.8), kind: 'revive' });
  steps.push({ atMs: at(0.83), kind: 'candidate', candidate });
  steps.push(judge(random, at(0.87), candidate.candidate_id, 'matched'));
  steps.push(endStep(at(0.92), 'completed', 'match_limit_met'));
}

function addTwists({ random, steps, at, happens }: Draft, matched: readonly string[]): void {
  if (happens('late-match')) {
    const candidate = generateCandidate(random, 0);
    steps.push({ atMs: at(0.6), kind: 'candidate', candidate });
    steps.push(judge(random, at(0.95), candidate.candidate_id, 'matched'));
  }
  const [first, second, third] = matched;
  if (happens('enrichment') && first !== undefined) {
    const value = String(random.integer(2, 400));
    const output = { headcount: { value, type: 'enrichment' } };
    const basis = [{ field: 'headcount', reasoning: `A team page lists ${value} people.`, citations: [] }];
    steps.push({ atMs: at(0.97), kind: 'enrich', candidateId: first, output, basis });
  }
  if (happens('vanish') && second !== undefined) {
    steps.push({ atMs: at(0.62), kind: 'vanish', candidateId: second });
    if (random.chance(0.7)) steps.push({ atMs: at(0.9), kind: 'return', candidateId: second });
  }
  if (happens('retraction') && third !== undefined) {
    steps.push(judge(random, at(0.64), third, 'unmatched'));
  }
}

function endStep(atMs: number, status: string, terminationReason: string | undefined): EndStep {
  return { atMs, kind: 'end', status, ...(terminationReason === undefined ? {} : { terminationReason }) };
}

/** A verdict on a candidate, with its reasons. */
export function judge(random: Random, atMs: number, candidateId: string, matchStatus: string): TimelineStep {
  const isMatched = matchStatus === 'matched';
  const fields = CONDITIONS.slice(0, random.integer(1, CONDITIONS.length));
  const confidence = random.pick(['high', 'medium', 'low'] as const);
  const output = Object.fromEntries(
    fields.map((field) => [
      field,
      { value: isMatched ? 'yes' : 'no', type: 'match_condition', is_matched: isMatched },
    ]),
  );
  const basis = fields.map((field) => ({
    field,
    citations: [
      {
        title: 'Annual register of companies',
        url: `https://register.example/${candidateId}/${field}`,
        excerpts: [
          `Entry ${random.integer(1_000, 9_999)}: the statement is ${isMatched ? '' : 'not '}on record.`,
        ],
      },
    ],
    reasoning: `The register ${isMatched ? 'confirms' : 'does not confirm'} it.`,
    confidence,
  }));
  return {
    atMs,
    kind: 'candidate',
    candidate: { candidate_id: candidateId, match_status: matchStatus, output, basis },
  };
}

const FIRST = [
  'Alder',
  'Basalt',
  'Cobalt',
  'Dune',
  'Ember',
  'Fjord',
  'Granite',
  'Heron',
  'Iris',
  'Juniper',
] as const;
const SECOND = ['Analytics', 'Foundry', 'Systems', 'Works', 'Robotics', 'Energy', 'Labs', 'Freight'] as const;

/** An invented company. */
export function generateCandidate(random: Random, number: number): DocumentedCandidate {
  const name = `${random.pick(FIRST)} ${random.pick(SECOND)} ${number === 0 ? random.integer(100, 999) : number}`;
  return {
    candidate_id: `candidate_${random.uuid()}`,
    name,
    url: `https://${name.toLowerCase().replaceAll(' ', '-')}.example`,
    description: `An invented company called ${name}.`,
    match_status: 'generated',
  };
}
