/**
 * The nouns. Everything points here and this file imports nothing.
 *
 * Two spellings live side by side on purpose: objects that come from the API keep its snake_case and its
 * unknown fields, because they are passed on as they came; what we add ourselves is camelCase, times are
 * epoch milliseconds (`…At`) and spans are milliseconds (`…Ms`).
 */

/**
 * The API's run object as it was sent. What identifies it and says whether it goes on has been checked; every other
 * field may be absent, null or any JSON, and is read through `run-facts.ts`. Enum-like fields are plain strings: they
 * have grown before and will again.
 */
export interface FindallRun {
  findall_id: string;
  status: {
    status: string;
    is_active: boolean;
    /** Documented: `{generated_candidates_count, matched_candidates_count}`. */
    metrics?: unknown;
    /** Documented: text. */
    termination_reason?: unknown;
    [key: string]: unknown;
  };
  /** Documented: a map. */
  metadata?: unknown;
  /** Documented: RFC 3339 text, as `modified_at`. */
  created_at?: unknown;
  modified_at?: unknown;
  [key: string]: unknown;
}

/**
 * The API's candidate object as it was sent. What identifies it and says where it stands has been checked; every other
 * field may be absent, null or any JSON, despite the documents, and its readers guard against that.
 */
export interface Candidate {
  candidate_id: string;
  match_status: string;
  /** Documented: text, as `url` and `description`. */
  name?: unknown;
  url?: unknown;
  description?: unknown;
  /** Opaque. Seen in documents: a map of plain values or of `{value, type, is_matched?}`. */
  output?: unknown;
  /** Documented: a list of `{field, reasoning, confidence?, citations?: [{url, title?, excerpts?}]}`. */
  basis?: unknown;
  [key: string]: unknown;
}

/** One validated answer of the API about one run: the run and the candidates evaluated so far. */
export interface Snapshot {
  run: FindallRun;
  /** All, or all but those whose very text is remembered. */
  candidates: Candidate[];
  /** Digests of the candidates' JSON as it came, by their ids, those left out included; absent where a text is not known. */
  textDigests?: ReadonlyMap<string, string>;
  /** JSON as it came, of the candidates by their ids; absent where it says something else than `run` or the candidate. */
  texts?: { run?: string; candidates: ReadonlyMap<string, string> };
  /** What is wrong with the rows that are no candidates, each with its place, the first 1,000; such rows are left out. */
  unreadable?: readonly string[];
  /** Which candidates the store could not record, and why; they are left out. */
  unstorable?: string;
}

/**
 * How many times each fact has happened to one run or candidate, by fact key (an event type, sometimes with a
 * discriminator). Part of an event's identity: see `diff/event.ts`.
 */
export type Occurrences = Readonly<Record<string, number>>;

/** What is remembered of a candidate between snapshots; never forgotten when the candidate vanishes. */
export interface PriorCandidate {
  /** As it was answered last. Whether the candidate stands announced as a match is counted in `occurrences`. */
  matchStatus: string;
  /** Digest of all that it says: distinguishes a change from a repetition. */
  contentDigest: string;
  /** The values it has shown as a match, as `diff/shown-values.ts` writes them: they distinguish an enrichment from a repetition. */
  shownValues: string;
  /** Digest of its JSON as it came: recognises a repetition without reading it. Null when that is not known. */
  textDigest: string | null;
  occurrences: Occurrences;
  /** When a snapshot last had it; absent while the latest one has it. */
  lastSeenAt?: number;
}

/**
 * Where the watch of a run stands. Only `watching` and `lingering` are polled.
 *
 * - `watching`: polled until inactive. Entered by `track`, left by the ending, `gone`, `expired`, `untrack`.
 *   A run halted by `action_required` stays here: a halt is not an ending.
 * - `lingering`: the ending is recorded; a few slow polls more for late enrichment, late matches, a revival.
 * - `ended`: lingered out. `gone`: the API denies the run (404/422, confirmed). `expired`: `poll.maxWatch` passed.
 * - `untracked`: the operator let go; history is kept.
 *
 * `track` brings any of the last four back to `watching`.
 */
export type WatchState = 'watching' | 'lingering' | 'ended' | 'gone' | 'expired' | 'untracked';

/** What to do with candidates that are already there in the first snapshot: announce them or only remember them. */
export type Baseline = 'notify' | 'silent';

/** What the creator of a run asked for, as `GET …/runs/{id}/schema` says. */
export interface RunSchema {
  objective: string | null;
  /** How many matches the run may find; of a `preview`, how many candidates it evaluates. `extend` raises it. */
  matchLimit: number | null;
  /** The episode in which it was fetched: it is fetched again after a revival. */
  episode: number;
  fetchedAt: number;
}

/** A run in the registry, with everything that must survive a crash to go on watching it. */
export interface TrackedRun {
  findallId: string;
  label: string | null;
  /** This run's own `poll.interval`, when it was tracked with one. */
  intervalMs: number | null;
  baseline: Baseline;
  state: WatchState;
  /** 1 for the first activity; +1 for every revival after an ending or a halt. */
  episode: number;
  /** The API's run object of the prior snapshot; null before the first. */
  run: FindallRun | null;
  /** Digest of the bytes of the prior snapshot. */
  bodyDigest: string | null;
  trackedAt: number;
  /** Start of the span that `poll.maxWatch` bounds: tracking, or the latest revival. */
  watchSinceAt: number;
  lastPollAt: number | null;
  lastSnapshotAt: number | null;
  /** When the ending of this episode was recorded. */
  endedAt: number | null;
  /** When an answer last brought something that is announced, or a new candidate. A run lingers from then on. */
  changedAt: number | null;
  /** The latest answer shows the run active after an ending or a halt. The run is revived when the next answer does too. */
  activeAgain: boolean;
  /** Due time of the next poll; null when the run is not polled. */
  nextPollAt: number | null;
  /** Present distance between polls before jitter: grows while nothing changes. */
  delayMs: number | null;
  /** Consecutive polls that brought no snapshot. */
  failures: number;
  /** Consecutive 404/422 answers; any other answer in between resets them. */
  denials: number;
  /** Consecutive 401/402/403 answers; the second decides whether the key is refused or this run only. */
  refusals: number;
  /** The latest answer took long, or did not come: see `poll/slow.ts`. */
  slow: boolean;
  /**
   * Polls that were begun since one was last recorded, a present one included: their process died, or could not record what
   * they brought. See `ALONE_AFTER`.
   */
  unfinished: number;
  /** Start of the present failure, and whether it has been reported (`findall.watch.degraded`). */
  failingSinceAt: number | null;
  failureReported: boolean;
  /** Why the last poll brought no good answer; null after one that did. */
  failureReason: string | null;
  /** Since when every snapshot has been older than the recorded one. Null when the latest one was not. */
  staleSinceAt: number | null;
  staleAnswers: number;
  invalidAnswers: number;
  occurrences: Occurrences;
  /** Highest sequence that `follow` has shown; a second `follow` goes on from here. */
  followedSequence: number;
  /** Null until it has been fetched. No event and no poll waits for it. */
  schema: RunSchema | null;
  /** Candidates that are evaluated. Counted for a `preview` where the registry is read, null elsewhere. */
  evaluated: number | null;
}

/** Breaker of the key as a claim saw it. `episode` counts refusals and fences the change of state. */
export interface KeyState {
  refused: boolean;
  episode: number;
}
