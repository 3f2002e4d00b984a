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
  /** Shows that a process is alive, and gives what it has to know of the others. */
  beat(presence: Presence, now: number): Promise<Beat>;
  /** The processes that were seen in the last 15 s, by their start. `releaseOwner` removes one. */
  livingProcesses(now: number): Promise<LivingProcess[]>;
}

interface Beat {
  /** In force, and a living daemon whose own configuration that is. */
  generation: string;
  holder: LivingProcess | null;
  /** Number of the latest reload that the process was asked for and has not answered; 0: none. */
  reload: number;
}

/** Reloads that a command asks for: each daemon, on any host, sees the request at its next beat and answers in the store. */
export interface ReloadRequests {
  /** Asks every living daemon to reload its configuration. Gives them, with the number of the request in `asked`. */
  requestReload(now: number): Promise<ReloadStatus[]>;
  /** Writes what became of the reload that a process was asked for, and of those before it. */
  answerReload(owner: string, request: number, answer: ReloadAnswer): Promise<void>;
  /** The living daemons, with what they were asked for and what they answered. */
  reloads(now: number): Promise<ReloadStatus[]>;
}

export interface ReloadStatus {
  daemon: LivingProcess;
  /** How many reloads it was asked for; the number of the latest request. */
  asked: number;
  /** The latest request that it has answered, and how; 0 and null before the first answer. */
  answered: number;
  answer: ReloadAnswer | null;
}

/** `file`: the configuration file that was read; null: none. Settings are named by their part of the file. */
export type ReloadAnswer =
  | { kind: 'reloaded'; file: string | null; changed: readonly string[]; afterRestart: readonly string[] }
  | { kind: 'rejected'; problem: string };

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
