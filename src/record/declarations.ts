/**
 * The seam to what is in force on a store and to the processes that are alive on it. Same contract as `store.ts`: each method
 * is one transaction, times are given in.
 */
import type { Generation } from '../declaration/declaration.ts';

/** Nothing was changed: the decision was made by another declaration than the one in force, which is given; null: none. */
export interface Superseded {
  kind: 'superseded';
  inForce: Generation | null;
}

/** What is in force for all who record on the store, and which processes are alive on it. */
export interface DeclarationStore {
  /**
   * Puts a declaration in force with all that follows from it, in one transaction: its runs are tracked, those taken out of
   * the file untracked, its sinks resumed, new and changed ones tried at once, due times capped, and the refusals of this key
   * are the breaker's. Declaring what is in force changes no generation.
   */
  declare(request: DeclareRequest, now: number): Promise<Declared>;
  /** What is in force; null before the first declaration. */
  inForce(): Promise<Generation | null>;
  /** Shows that a process is alive. Gives the generation in force and a living daemon whose own configuration that is. */
  beat(presence: Presence, now: number): Promise<{ generation: string; holder: LivingProcess | null }>;
  /** The processes that were seen in the last 15 s, by their start. `releaseOwner` removes one. */
  livingProcesses(now: number): Promise<LivingProcess[]>;
}

export interface DeclareRequest {
  /** Of the process that declares, with the generation of `next`. Written in the same transaction. */
  presence: Presence;
  next: Generation;
  keyFingerprint: string;
  /**
   * `unless-held`: not if `next` was superseded and another living daemon holds what is in force. A follow does not declare beside
   * any living daemon. `abandoned`: not if anybody holds what is in force; what was in force is not superseded by it, so a daemon
   * that comes back with it declares it again.
   */
  when: 'always' | 'unless-held' | 'abandoned';
}

export type Declared =
  /** `withoutDelivery`: events recorded before this first declaration that are queued for no sink; 0 after the first. */
  | { kind: 'declared'; untracked: string[]; withoutDelivery: number }
  | { kind: 'in-force'; untracked: string[] }
  | { kind: 'held'; inForce: Generation; holder: LivingProcess };

/** A process that delivers: a daemon, or a `follow --deliver`. */
export interface Presence {
  owner: string;
  role: 'daemon' | 'follow';
  host: string;
  version: string;
  startedAt: number;
  /** Of its own configuration, which may not be the one in force. */
  generation: string;
}

export interface LivingProcess extends Presence {
  seenAt: number;
}
