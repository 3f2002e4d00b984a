import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endingType } from '../../src/diff/ending.ts';
import { contentDigest } from '../../src/diff/content-digest.ts';
import { diffSnapshots } from '../../src/diff/diff-snapshots.ts';
import type { EventDraft } from '../../src/diff/event.ts';
import type { Candidate, Snapshot } from '../../src/model.ts';
import { reasonOf } from '../../src/run-facts.ts';
import { anyHistory, anySnapshot, anyToldHistory, anyToldSnapshot, reworded } from './arbitraries.ts';
import { freshMemory, type Memory, observe, observeAll, storedAndRead } from './observer.ts';

/** A failing property names its seed and the smallest history that breaks it. */
function law(property: fc.IProperty<unknown[]> | fc.IRawProperty<unknown>): void {
  fc.assert(property as fc.IProperty<unknown>, { numRuns: 500, verbose: fc.VerbosityLevel.Verbose });
}

const ENDINGS = /^findall\.run\.(completed|failed|cancelled|ended)$/;

function ids(drafts: readonly EventDraft[]): string[] {
  return drafts.map((draft) => draft.id);
}

/** What somebody believes who knows only the events. */
function believe(drafts: readonly EventDraft[]): { statuses: Map<string, string>; run: string } {
  const statuses = new Map<string, string>();
  let run = 'active';
  for (const { type, candidateId, data } of drafts) {
    if (candidateId !== null) statuses.set(candidateId, data.match_status as string);
    else if (ENDINGS.test(type) || type === 'findall.run.action_required') run = type;
    else run = 'active';
  }
  return { statuses, run };
}

function statusesIn(memory: Memory): Map<string, string> {
  return new Map([...memory.candidates].map(([id, { matchStatus }]) => [id, matchStatus]));
}

describe('a snapshot after itself', () => {
  it('tells nothing, whatever came before', () => {
    law(
      fc.property(anyHistory, anySnapshot, (history, current) => {
        const { after } = observeAll([...history, current]);
        expect(observe(after, current).changes).toEqual([]);
      }),
    );
  });

  it('tells nothing when it comes in another order of candidates and keys, with null for absent', () => {
    law(
      fc.property(anyHistory, anySnapshot, (history, current) => {
        const { after } = observeAll([...history, current]);
        expect(observe(after, reworded(current)).changes).toEqual([]);
      }),
    );
  });
});

describe('any two snapshots', () => {
  it('applying what is told to the statuses of the first gives those of the second; the vanished keep theirs', () => {
    law(
      fc.property(anyToldSnapshot, anyToldSnapshot, (first, second) => {
        const before = observe(freshMemory(), first);
        const { drafts } = observe(before.after, second);
        const expected = new Map([...first.candidates, ...second.candidates].map(statusOf));
        const applied = new Map([...statusesIn(before.after), ...believe(drafts).statuses]);
        expect(applied).toEqual(expected);
      }),
    );
  });

  it('what is remembered afterwards are the statuses of the second, unknown ones too', () => {
    law(
      fc.property(anySnapshot, anySnapshot, (first, second) => {
        const expected = new Map([...first.candidates, ...second.candidates].map(statusOf));
        expect(statusesIn(observeAll([first, second]).after)).toEqual(expected);
      }),
    );
  });

  it('tell the same events in the same order however the second is worded', () => {
    law(
      fc.property(anySnapshot, anySnapshot, (first, second) => {
        const { after } = observe(freshMemory(), first);
        expect(ids(observe(after, reworded(second)).drafts)).toEqual(ids(observe(after, second).drafts));
      }),
    );
  });

  it('tell at most one change a candidate, in the order of ids', () => {
    law(
      fc.property(anySnapshot, anySnapshot, (first, second) => {
        const { after } = observe(freshMemory(), first);
        const changed = diffSnapshots({ run: after.run.run, candidates: after.candidates }, second).flatMap(
          (change) => (change.kind === 'candidate' ? [change.candidate.candidate_id] : []),
        );
        expect(changed).toEqual([...new Set(changed)].toSorted());
      }),
    );
  });

  it('comparing changes neither what is remembered nor what came', () => {
    law(
      fc.property(anySnapshot, anySnapshot, (first, second) => {
        const { after } = observe(freshMemory(), first);
        const before = structuredClone([after, second]);
        observe(after, second);
        expect([after, second]).toEqual(before);
      }),
    );
  });
});

describe('any history', () => {
  it('never uses an id twice', () => {
    law(
      fc.property(anyHistory, (history) => {
        const told = ids(observeAll(history).drafts);
        expect(new Set(told).size).toBe(told.length);
      }),
    );
  });

  it('tells candidates after what opens a snapshot and before what closes it; an ending is last', () => {
    law(
      fc.property(anyHistory, (history) => {
        for (const { drafts } of observeAll(history).steps) {
          const places = drafts.map(({ type }) => placeOf(type));
          expect(places).toEqual(places.toSorted((a, b) => a - b));
          expect(places.filter((place) => place === 2).length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('has the same ids when it is lived again from nothing', () => {
    law(
      fc.property(anyHistory, (history) => {
        expect(ids(observeAll(history).drafts)).toEqual(ids(observeAll(structuredClone(history)).drafts));
      }),
    );
  });

  it('has the same ids when everything remembered passes through a store between snapshots', () => {
    law(
      fc.property(anyHistory, (history) => {
        let memory = freshMemory();
        const told: string[] = [];
        for (const current of history) {
          const step = observe(storedAndRead(memory), current);
          told.push(...ids(step.drafts));
          memory = step.after;
        }
        expect(told).toEqual(ids(observeAll(history).drafts));
      }),
    );
  });

  it('has the same ids after the first snapshot whether that was told or silent', () => {
    law(
      fc.property(anyHistory, (history) => {
        const [, ...loud] = observeAll(history).steps;
        const [first, ...quiet] = observeAll(history, freshMemory({ baseline: 'silent' })).steps;
        expect(quiet.map((step) => ids(step.drafts))).toEqual(loud.map((step) => ids(step.drafts)));
        expect(first?.drafts.filter((draft) => draft.candidateId !== null)).toEqual([]);
      }),
    );
  });

  it('ends in the same story whether it was seen step by step or only at its two ends', () => {
    law(
      fc.property(anyToldHistory, anyToldSnapshot, (history, last) => {
        const baseline = history[0] as Snapshot;
        const stepwise = believe(observeAll([...history, last]).drafts);
        const leap = believe(observeAll([baseline, last]).drafts);
        expect(leap.run).toBe(stepwise.run);
        for (const { candidate_id: id, match_status } of last.candidates) {
          expect([stepwise.statuses.get(id), leap.statuses.get(id)]).toEqual([match_status, match_status]);
        }
      }),
    );
  });

  it('has told the present content of every candidate that is matched at its end', () => {
    law(
      fc.property(anyHistory, (history) => {
        const { drafts } = observeAll(history);
        const lastTold = new Map(drafts.map((draft) => [draft.candidateId, draft.data as Candidate]));
        for (const one of history.at(-1)?.candidates ?? []) {
          if (one.match_status !== 'matched') continue;
          expect(contentDigest(lastTold.get(one.candidate_id)!)).toBe(contentDigest(one));
        }
      }),
    );
  });

  it('counts episodes by the revivals in it and never back', () => {
    law(
      fc.property(anyHistory, (history) => {
        const { steps, after } = observeAll(history);
        const revivals = steps.flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'reactivated'));
        expect(after.run.episode).toBe(1 + revivals.length);
        const episodes = steps.flatMap(({ drafts }) => drafts.map(({ episode }) => episode));
        expect(episodes).toEqual(episodes.toSorted((a, b) => a - b));
      }),
    );
  });

  it('tells an ending once an episode and reason, and every one that was seen', () => {
    law(
      fc.property(anyHistory, (history) => {
        const { steps, drafts } = observeAll(history);
        const endings = drafts.flatMap(({ type, episode, summary }) =>
          summary ? [`${type} ${episode} ${summary.termination_reason}`] : [],
        );
        expect(new Set(endings).size).toBe(endings.length);
        const seen = steps.flatMap(({ changes, after }) =>
          changes.flatMap((change) =>
            change.kind === 'ended'
              ? [
                  `${endingType(change.status)} ${after.run.episode} ${after.run.run && reasonOf(after.run.run)}`,
                ]
              : [],
          ),
        );
        expect(new Set(endings)).toEqual(new Set(seen));
      }),
    );
  });
});

function statusOf({ candidate_id, match_status }: Snapshot['candidates'][number]): [string, string] {
  return [candidate_id, match_status];
}

/** 0 opens a snapshot, 1 is a candidate, 2 closes it. */
function placeOf(type: string): 0 | 1 | 2 {
  if (type.startsWith('findall.candidate.')) return 1;
  return ENDINGS.test(type) || type === 'findall.run.action_required' ? 2 : 0;
}
