import { generateTimeline, type Twist } from './generate-timeline.ts';
import type { Scenario } from './scenario.ts';
import { createRandom, seedFrom } from '../seeded-random.ts';

export interface GenerateOptions {
  /** How many runs. */
  count: number;
  /** Candidates of each run. */
  candidates: number;
  /** Every step of every run lies within this many scenario milliseconds. */
  durationMs: number;
  seed: number;
  /** Share of the candidates that come to match, 0 to 1; default 0.4. */
  matchShare?: number;
  /** Runs begin at various instants of the first this many milliseconds; default a tenth of the duration. */
  startSpreadMs?: number;
  /** What may happen beyond the plain course, each in about a third of the runs; default: all of it. */
  twists?: readonly Twist[];
}

/** Every twist, the default of `twists`. */
export const TWISTS: readonly Twist[] = [
  'halt',
  'revival',
  'late-match',
  'enrichment',
  'vanish',
  'retraction',
];

/**
 * Many runs with various lives, for load and crash tests. Equal options give equal scenarios, and the n-th
 * scenario does not depend on `count`. All of them end. Without `vanish` and `retraction`, what ends matched
 * is all that ever matched.
 */
export function generateScenarios(options: GenerateOptions): Scenario[] {
  const { count, seed } = options;
  return Array.from({ length: count }, (_, index) =>
    generateScenario(options, seedFrom(`${seed}/${index}`), index),
  );
}

function generateScenario(options: GenerateOptions, seed: number, index: number): Scenario {
  const random = createRandom(seed);
  const { durationMs, startSpreadMs = durationMs / 10 } = options;
  return {
    findallId: `findall_${random.hex(32)}`,
    name: `generated-${index + 1}`,
    objective: `Find the ${options.candidates} companies of generated run ${index + 1}`,
    matchLimit: options.candidates,
    generator: random.pick(['base', 'core', 'pro', 'preview'] as const),
    metadata: { batch: options.seed, index },
    createdAtMs: -random.integer(0, 60_000),
    timeline: generateTimeline(random, {
      candidates: options.candidates,
      startMs: random.integer(0, Math.min(startSpreadMs, durationMs)),
      endMs: durationMs,
      matchShare: options.matchShare ?? 0.4,
      twists: options.twists ?? TWISTS,
    }),
  };
}
