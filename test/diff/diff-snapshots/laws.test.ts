import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endingType } from '../../../src/diff/ending.ts';
import { diffSnapshots } from '../../../src/diff/diff-snapshots.ts';
import type { EventDraft } from '../../../src/diff/event.ts';
import { valuesOf } from '../../../src/diff/shown-values.ts';
import type { Candidate, Snapshot } from '../../../src/model.ts';
import { reasonOf } from '../../../src/diff/run-facts.ts';
import {
  anyHistory,
  anySnapshot,
  anyReportedHistory,
  anyReportedSnapshot,
  reworded,
} from '../arbitraries.ts';
import { freshMemory, type Memory, observe, observeAll, storedAndRead } from '../observer.ts';

/** A failing property names its seed and the smallest history that breaks it. */
function law(property: fc.IProperty<unknown[]> | fc.IRawProperty<unknown>): void {
  fc.assert(property as fc.IProperty<unknown>, { numRuns: 500, verbose: fc.VerbosityLevel.Verbose });
}

const ENDINGS = /^findall\.run\.(completed|failed|cancelled|ended)$/;

function ids(drafts: readonly EventDraft[]): string[] {
  return drafts.map((draft) => draft.id);
}

/** What somebody believes who knows only the events. */
function believe(drafts: readonly EventDraft[]): { matches: Set<string>; run: string } {
  const matches = new Set<string>();
  let run = 'active';
  for (const { type, candidateId } of drafts) {
    if (type === 'findall.candidate.matched') matches.add(candidateId ?? '');
    else if (type === 'findall.candidate.retracted') matches.delete(candidateId ?? '');
    else if (ENDINGS.test(type) || type === 'findall.run.action_required') run = type;
    else if (candidateId === null) run = 'active';
  }
  return { matches, run };
}

/** Statuses by which a candidate is a match or is none. Any other is an evaluation that is not over. */
const DECIDED = new Set(['matched', 'unmatched', 'discarded']);

function statusesIn(memory: Memory): Map<string, string> {
  return new Map([...memory.candidates].map(([id, { matchStatus }]) => [id, matchStatus]));
}

describe('a snapshot that came twice', () => {
  it('reports nothing the third time, with anything before', () => {
    law(
      fc.property(anyHistory, anySnapshot, (history, current) => {
        const { after } = observeAll([...history, current, current]);
        expect(observe(after, current).changes).toEqual([]);
      }),
    );
  });

  it('reports nothing when it then comes in another order of candidates and keys, with null for absent', () => {
    law(
      fc.property(anyHistory, anySnapshot, (history, current) => {
        const { after } = observeAll([...history, current, current]);
        expect(observe(after, reworded(current)).changes).toEqual([]);
      }),
    );
  });
});

describe('the number of matches in an event', () => {
  it('is that of the matches known to who knows the events up to it', () => {
    law(
      fc.property(anyHistory, (history) => {
        const { drafts } = observeAll(history);
        const counted = drafts.map(({ candidateId, matched_count }) => candidateId !== null && matched_count);
        const known = drafts.map(
          ({ candidateId }, place) =>
            candidateId !== null && believe(drafts.slice(0, place + 1)).matches.size,
        );
        expect(counted).toEqual(known);
      }),
    );
  });
});

describe('any two snapshots', () => {
  it('leave who knows only the events knowing the matches of the second, once it came twice', () => {
    law(
      fc.property(anySnapshot, anySnapshot, (first, second) => {
        const { matches } = believe(observeAll([first, second, second]).drafts);
        const statuses = new Map([...first.candidates, ...second.candidates].map(statusOf));
        const decided = [...statuses].filter(([, status]) => DECIDED.has(status));
        expect(decided.map(([id]) => [id, matches.has(id)])).toEqual(
          decided.map(([id, status]) => [id, status === 'matched']),
        );
      }),
    );
  });

  it('take nothing back by the second alone', () => {
    law(
      fc.property(anySnapshot, anySnapshot, (first, second) => {
        const reported = observeAll([first, second]).drafts.map(({ type }) => type);
        expect(reported).not.toContain('findall.candidate.retracted');
        expect(reported).not.toContain('findall.run.reactivated');
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

  it('report the same events however the second is worded', () => {
    law(
      fc.property(anySnapshot, anySnapshot, (first, second) => {
        const { after } = observe(freshMemory(), first);
        const said = (snapshot: Snapshot) => ids(observe(after, snapshot).drafts).toSorted();
        expect(said(reworded(second))).toEqual(said(second));
      }),
    );
  });

  it('report at most one change a candidate, in the order of the body', () => {
    law(
      fc.property(anySnapshot, anySnapshot, (first, second) => {
        const { after } = observe(freshMemory(), first);
        const changed = diffSnapshots({ run: after.run.run, candidates: after.candidates }, second).flatMap(
          (change) => (change.kind === 'candidate' ? [change.candidate.candidate_id] : []),
        );
        const inOrder = [...new Set(second.candidates.map((candidate) => candidate.candidate_id))];
        expect(changed).toEqual(inOrder.filter((id) => changed.includes(id)));
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
        const reported = ids(observeAll(history).drafts);
        expect(new Set(reported).size).toBe(reported.length);
      }),
    );
  });

  it('reports candidates after what opens a snapshot and before what closes it; an ending is last', () => {
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
        const reported: string[] = [];
        for (const current of history) {
          const step = observe(storedAndRead(memory), current);
          reported.push(...ids(step.drafts));
          memory = step.after;
        }
        expect(reported).toEqual(ids(observeAll(history).drafts));
      }),
    );
  });

  it('has the same ids after the first snapshot whether that was reported or silent', () => {
    law(
      fc.property(anyHistory, (history) => {
        const [, ...loud] = observeAll(history).steps;
        const [first, ...quiet] = observeAll(history, freshMemory({ baseline: 'silent' })).steps;
        expect(quiet.map((step) => ids(step.drafts))).toEqual(loud.map((step) => ids(step.drafts)));
        expect(first?.drafts.filter((draft) => draft.candidateId !== null)).toEqual([]);
      }),
    );
  });

  it('ends in the same story whether it was seen step by step or only at its two ends, the last one twice', () => {
    law(
      fc.property(anyReportedHistory, anyReportedSnapshot, (history, last) => {
        const baseline = history[0] as Snapshot;
        const stepwise = believe(observeAll([...history, last, last]).drafts);
        const leap = believe(observeAll([baseline, last, last]).drafts);
        expect(leap.run).toBe(stepwise.run);
        for (const { candidate_id: id, match_status: status } of last.candidates) {
          if (!DECIDED.has(status)) continue;
          const isMatch = status === 'matched';
          expect([id, stepwise.matches.has(id), leap.matches.has(id)]).toEqual([id, isMatch, isMatch]);
        }
      }),
    );
  });

  it('has reported each value in the output of every candidate that is matched at its end', () => {
    law(
      fc.property(anyHistory, (history) => {
        const { drafts } = observeAll(history);
        for (const one of history.at(-1)?.candidates ?? []) {
          if (one.match_status !== 'matched') continue;
          const reported = drafts.filter(({ candidateId }) => candidateId === one.candidate_id);
          const values = reported.flatMap(({ data }) => valuesOf(data as Candidate).output);
          expect(values).toEqual(expect.arrayContaining([...valuesOf(one).output]));
        }
      }),
    );
  });

  it('reports no value of an output as an enrichment twice', () => {
    law(
      fc.property(anyHistory, (history) => {
        const known = new Map<string | null, string[]>();
        const repeated = observeAll(history).drafts.filter(({ type, candidateId, data }) => {
          if (candidateId === null || data.match_status !== 'matched') return false;
          const before = known.get(candidateId) ?? [];
          const { output } = valuesOf(data as Candidate);
          known.set(candidateId, [...before, ...output]);
          return type === 'findall.candidate.enriched' && output.every((value) => before.includes(value));
        });
        expect(repeated).toEqual([]);
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

  it('reports no ending twice in a row, and every one that was seen', () => {
    law(
      fc.property(anyHistory, (history) => {
        const { steps, drafts } = observeAll(history);
        const endings = drafts.flatMap(({ type, episode, summary }) =>
          summary ? [`${type} ${episode} ${summary.termination_reason}`] : [],
        );
        expect(endings.filter((ending, place) => ending === endings[place - 1])).toEqual([]);
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
