import type { RunSchema, Snapshot } from '../model.ts';

/**
 * The seam to the API: one question, "what is this run's result now?".
 *
 * Never throws for anything the network or the API does; an exception is a bug, or the abort of `signal`.
 */
export interface Source {
  /** The body of a new answer is unread. */
  fetchResult(findallId: string, request: FetchRequest): Promise<SourceAnswer>;
}

/** What a run was asked for. Throws as little as `Source`; a failure says nothing about the run or the key. */
export interface SchemaSource {
  fetchSchema(findallId: string, signal: AbortSignal): Promise<SchemaAnswer>;
}

export type SchemaAnswer =
  | ({ kind: 'schema' } & Pick<RunSchema, 'objective' | 'matchLimit'>)
  | { kind: 'failed'; reason: string };

export interface FetchRequest {
  /** `bodyDigest` of the last recorded snapshot: the same body again is answered by `unchanged`. */
  priorDigest: string | null;
  /** Aborted at shutdown. */
  signal: AbortSignal;
  /** A deadline that is sooner than the source's own. */
  timeoutMs?: number;
}

/** The memory that an answer takes. */
export interface AnswerRoom {
  /**
   * Makes room for recording so many candidates that were read; waits for others where need be. Null when there is room, else why
   * there will be none. Rejects with the signal's reason.
   */
  forCandidates(count: number, signal: AbortSignal): Promise<string | null>;
  release(): void;
}

/** What the API said, classified where the foreign error enters. */
export type SourceAnswer =
  /**
   * A 200 with a body that is not that of the prior snapshot, unread; `origin` is the host that was asked, `bytes` as it came over the wire. It takes room until that
   * is released, and others may have to wait.
   */
  | { kind: 'body'; origin: string; body: Uint8Array; bodyDigest: string; bytes: number; room: AnswerRoom }
  /** The body of the prior snapshot: nothing to parse, nothing to diff. */
  | { kind: 'unchanged'; bytes: number }
  /** 404 or 422 in the API's own error shape: it denies this run. Believed only when confirmed. */
  | { kind: 'gone'; status: number; reason: string; refId?: string }
  /** Passing: network, timeout, 408, 429, 5xx, a redirect, a 404 or 422 that is not the API's own. */
  | { kind: 'unavailable'; reason: string; status?: number; retryAfterMs?: number; refId?: string }
  /** The API was not asked: see `alone.ts`. */
  | { kind: 'withheld'; reason: string }
  /** A 200 whose body is too large. */
  | { kind: 'invalid'; reason: string }
  /** 401, 402, 403: concerns the key, so every run. `isApiError`: in the API's own error shape; else a gateway may have sent it. */
  | { kind: 'unauthorized'; status: number; reason: string; isApiError: boolean; refId?: string };

/** What the API said, read. */
export type PollAnswer =
  | Exclude<SourceAnswer, { kind: 'body' }>
  | { kind: 'snapshot'; snapshot: Snapshot; bodyDigest: string; bytes: number };
