import type { DocumentedCandidate, FieldBasis } from '../documented-result.ts';
import { createRandom, seedFrom } from '../seeded-random.ts';

/**
 * The whole life of one simulated run, as data: it survives `JSON.stringify` and holds no code.
 *
 * Times are milliseconds of the scenario's own time, counted from its start; the simulator's `timeScale` says
 * how fast that time passes. Before its first step a run is queued, active and has no candidates.
 */
export interface Scenario {
  /** `findall_` and 32 hex digits. */
  findallId: string;
  /** Short name for lists and logs. */
  name: string;
  /** What the invented user asked for. Part of the schema alone; shown in the simulator's list. */
  objective?: string;
  /** How many matches the invented user asked for. Part of the schema alone, which is without it where this is. */
  matchLimit?: number;
  /** Part of the schema alone. */
  enrichments?: { processor: string; output_schema: Record<string, unknown> }[];
  generator: 'base' | 'core' | 'pro' | 'preview';
  metadata: Record<string, string | number | boolean>;
  /** `created_at`, relative to the start; 0 or negative (the run is older than the simulator). */
  createdAtMs: number;
  /** Ordered by `atMs`; steps of one instant take effect in the order written. */
  timeline: TimelineStep[];
}

/** Something that becomes true at an instant and stays so until another step changes it. */
export type TimelineStep = StatusStep | CandidateStep | PresenceStep | EnrichStep | EndStep | ReviveStep;

/** Sets the run's status. `isActive` follows the status (`action_required` is inactive) unless given. */
interface StatusStep {
  atMs: number;
  kind: 'status';
  status: string;
  isActive?: boolean;
}

/**
 * Adds a candidate, or changes the given fields of one that is there. The first mention needs `name` and
 * `url`; `match_status` is `generated` until something else is said.
 */
export interface CandidateStep {
  atMs: number;
  kind: 'candidate';
  candidate: Partial<DocumentedCandidate> & { candidate_id: string };
}

/** Takes a candidate out of the answers, or lets it come back unchanged. The metrics count it all along. */
interface PresenceStep {
  atMs: number;
  kind: 'vanish' | 'return';
  candidateId: string;
}

/** Adds fields to a candidate's output and basis; a field that is there already is replaced. */
export interface EnrichStep {
  atMs: number;
  kind: 'enrich';
  candidateId: string;
  output: Record<string, unknown>;
  basis?: FieldBasis[];
}

/** Ends the run: inactive from here on. Later steps may still change candidates, or revive it. */
export interface EndStep {
  atMs: number;
  kind: 'end';
  status: string;
  /** Left out: the ending gives no reason, as the API may do. */
  terminationReason?: string;
}

/** Makes an ended run active again, as `extend` (running) and `enrich` (queued) do. */
interface ReviveStep {
  atMs: number;
  kind: 'revive';
  /** Default `running`. */
  status?: string;
  /** It is unknown whether the API clears the reason when a run is requeued; by default this clears it. */
  keepTerminationReason?: boolean;
}

/** Whether the API calls a run of this status active. Unknown statuses count as active. */
export function isActiveStatus(status: string): boolean {
  return !['action_required', 'completed', 'failed', 'cancelled'].includes(status);
}

/** Instant of the last step, in scenario milliseconds: afterwards nothing changes any more. */
export function lastStepAtMs(scenario: Scenario): number {
  return scenario.timeline.at(-1)?.atMs ?? 0;
}

/** The findall_id that belongs to `name`: always the same for the same name. */
export function findallIdFor(name: string): string {
  return `findall_${createRandom(seedFrom(name)).hex(32)}`;
}

/** The same life lived by another run, so that one scenario can be watched several times at once. */
export function withFindallId(scenario: Scenario, findallId: string): Scenario {
  return { ...scenario, findallId };
}
