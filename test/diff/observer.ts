import { type Change, diffSnapshots, goesOn } from '../../src/diff/diff-snapshots.ts';
import type { EventDraft } from '../../src/diff/event.ts';
import { draftEvents } from '../../src/diff/draft-events.ts';
import type { PriorCandidate, Snapshot, TrackedRun } from '../../src/model.ts';
import { trackedRun } from '../builders/model-builders.ts';

/** All that is remembered of a run between snapshots. */
export interface Memory {
  run: TrackedRun;
  candidates: ReadonlyMap<string, PriorCandidate>;
}

export interface Observation {
  changes: Change[];
  drafts: EventDraft[];
  after: Memory;
}

/** A run of which nothing has been seen. */
export function freshMemory(more: Partial<TrackedRun> = {}): Memory {
  return { run: trackedRun(more), candidates: new Map() };
}

/** Compares, reports and remembers one snapshot, as a poll does, without store and clock. */
export function observe(memory: Memory, current: Snapshot): Observation {
  const { run: before, activeAgain } = memory.run;
  const prior = { run: before, candidates: memory.candidates, activeAgain };
  const changes = diffSnapshots(prior, current);
  const { drafts, candidates, occurrences, episode } = draftEvents(memory.run, prior, current.run, changes);
  return {
    changes,
    drafts,
    after: {
      run: {
        ...{ ...memory.run, occurrences, episode },
        // An ending or a halt stands until a revival is confirmed.
        run:
          before !== null && !goesOn(before) && goesOn(current.run) && episode === memory.run.episode
            ? before
            : current.run,
        activeAgain: changes.some(({ kind }) => kind === 'active-again'),
      },
      candidates: new Map([
        ...memory.candidates,
        ...candidates.map(({ candidate, ...remembered }) => [candidate.candidate_id, remembered] as const),
      ]),
    },
  };
}

/** One observation after the other. */
export function observeAll(
  history: readonly Snapshot[],
  memory: Memory = freshMemory(),
): { steps: Observation[]; drafts: EventDraft[]; after: Memory } {
  const steps: Observation[] = [];
  let after = memory;
  for (const current of history) {
    const step = observe(after, current);
    steps.push(step);
    after = step.after;
  }
  return { steps, drafts: steps.flatMap((step) => step.drafts), after };
}

/** `matched c1`, `run.completed` … : what is reported, short enough to compare at a glance. */
export function reports(drafts: readonly EventDraft[]): string[] {
  return drafts.map(({ type, candidateId }) =>
    candidateId === null ? type.replace('findall.', '') : `${type.split('.')[2]} ${candidateId}`,
  );
}

/** What the last of some snapshots reports. */
export function lastReported(...history: Snapshot[]): string[] {
  return reports(observeAll(history).steps.at(-1)?.drafts ?? []);
}

/** Memory as it comes back from a store: through text. */
export function storedAndRead({ run, candidates }: Memory): Memory {
  return {
    run: JSON.parse(JSON.stringify(run)) as TrackedRun,
    candidates: new Map(JSON.parse(JSON.stringify([...candidates])) as [string, PriorCandidate][]),
  };
}
