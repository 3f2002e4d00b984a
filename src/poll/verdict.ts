/** What a poll is judged by, and what the judgement of its answer is made of. */
import type { Random } from '../backoff.ts';
import type { Prior } from '../diff/diff-snapshots.ts';
import type { Rules } from '../declaration/declaration.ts';
import type { RunLease, RunUpdate } from '../record/store.ts';
import type { PollAnswer } from './source.ts';
import type { EventDraft } from '../diff/event.ts';
import type { Drafting } from '../diff/draft-events.ts';
import type { Sightings } from '../diff/sightings.ts';

/** What is in force, and the key by which this process polls. */
export interface PollPolicy extends Rules {
  keyFingerprint: string;
}

export interface AssessInput {
  lease: RunLease;
  answer: PollAnswer;
  /** What is remembered; only a snapshot is compared with it. */
  prior: Prior;
  policy: PollPolicy;
  /** When the API was asked: what came up later the answer cannot hold, however long it waited to be assessed. */
  askedAt: number;
  /** The answer took long, or did not come in time. */
  isSlow: boolean;
  now: number;
  random: Random;
}

/** What a poll changes of its run, and the events that it records. */
export interface Verdict {
  update: RunUpdate;
  drafts: EventDraft[];
  candidates?: Drafting['candidates'];
  sightings?: Sightings;
}
