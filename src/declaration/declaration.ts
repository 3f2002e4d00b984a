/**
 * What is in force on a store: one declaration, written by a daemon and read in the recording transaction by every process
 * that records. It decides for which sinks an event is queued and how runs are polled, whichever process does it.
 *
 * Addresses, secrets, templates and concurrency are not in it: each process has its own.
 */
import type { EventDraft } from '../diff/event.ts';
import type { Baseline } from '../model.ts';

/** How sure the API is of one entry of a candidate's basis, ascending. Anything else it says is unknown. */
export const CONFIDENCES = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** What of the events it subscribes to a sink wants. */
export interface Filter {
  /** Findall ids and label patterns; null: every run. */
  readonly runs: readonly string[] | null;
  /** Candidates of which every match condition is at least this certain, see `confidence.ts`; null: all. */
  readonly minConfidence: Confidence | null;
  /** What minConfidence makes of a match condition without a known confidence, and of a candidate without any basis. */
  readonly unknownConfidence: 'pass' | 'low';
}

/** What a sink subscribes to: exact event types and `prefix.*`, and of those what its filter lets through. */
export interface Subscription extends Filter {
  readonly name: string;
  readonly events: readonly string[];
}

/** A sink as it is declared. */
export interface DeclaredSink extends Subscription {
  /** Groups, quiet hours, urgent types, rate and retries. Nothing is decided by it here: see `settings`. */
  readonly delivery: unknown;
  /**
   * Digest of all settings of the sink, secrets included. Only a process with these very settings delivers to it. 32 bits:
   * enough to notice a change, too few to test guesses of a password against.
   */
  readonly settings: string;
}

/** A run that a configuration names. */
interface DeclaredRun {
  readonly id: string;
  readonly label: string | null;
  readonly intervalMs: number | null;
  readonly baseline: Baseline;
}

/** How runs are polled, for how long, and what counts as news. */
export interface PollTiming {
  readonly intervalMs: number;
  readonly maxIntervalMs: number;
  readonly lingerMs: number;
  readonly maxWatchMs: number;
  /** How long a run may fail before `findall.watch.degraded` is sent. */
  readonly degradedAfterMs: number;
  /** How long a run that was never seen may be denied before it is given up. */
  readonly goneAfterMs: number;
  /** What enriches a match: a new output, or a new basis too. */
  readonly enrichedBy: EnrichedBy;
}

/** What of a match is compared with what it has shown before. */
export const ENRICHED_BY = ['output', 'output-and-basis'] as const;
type EnrichedBy = (typeof ENRICHED_BY)[number];

export interface Declaration {
  readonly poll: PollTiming;
  /** Null: there is no configuration file, so no run is taken out of it. */
  readonly runs: readonly DeclaredRun[] | null;
  readonly sinks: readonly DeclaredSink[];
}

/** A declaration with the digest of its content, its generation. */
export interface Generation {
  readonly generation: string;
  readonly declaration: Declaration;
}

/** The generation of a store on which no daemon has declared anything yet. */
export const NO_GENERATION = '';

/** What of an event decides for whom it is queued. */
export type Decisive = Pick<EventDraft, 'type' | 'findall_id' | 'label' | 'data'>;

/** The sinks that an event is queued for, and those that it is not. */
export interface Recipients {
  sinks: readonly string[];
  skipped: readonly Skipped[];
}

/** A sink that does not get an event, and why, in words. */
export interface Skipped {
  sink: string;
  why: string;
}

/** What a process that records decides by. */
export interface Rules extends PollTiming {
  readonly generation: string;
  recipientsOf(draft: Decisive): Recipients;
}

/** The declaration in force as far as this process knows. The store refuses what was decided by an older one. */
export interface InForce {
  rules(): Rules;
  /** Goes on by another declaration; null: none. */
  take(inForce: Generation | null): void;
}
