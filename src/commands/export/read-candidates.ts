import { setImmediate } from 'node:timers/promises';
import { EXIT, OperatorError } from '../../errors.ts';
import type { TrackedRun } from '../../model.ts';
import type { StoredCandidate } from '../../record/history.ts';
import type { Store } from '../../record/store.ts';
import { cleanText } from '../../text/clean-text.ts';
import { knownRun } from '../arguments/find-run.ts';

/** Which candidates of which runs. What is absent leaves nothing out. */
export interface CandidateChoice {
  run?: readonly string[];
  label?: string;
  statuses?: readonly string[];
  since?: number;
}

/** Some candidates of one run. */
export interface CandidatePage {
  run: Pick<TrackedRun, 'findallId' | 'label'>;
  candidates: readonly StoredCandidate[];
}

/** Candidates of 4.5 KB: half a megabyte. */
const CANDIDATES = 100;
/** A run comes with the run object of the API. */
const RUNS = 100;

/**
 * All chosen candidates, each once, as it is when it is read: runs in the order in which they were tracked or named, candidates in
 * the order of their ids. Throws OperatorError when a run is not tracked or no run has the label, and the reason of `interrupted`.
 */
export async function* readCandidates(
  store: Store,
  { run: named, label, statuses, since }: CandidateChoice,
  interrupted: AbortSignal,
): AsyncGenerator<CandidatePage> {
  const filter = { ...(statuses ? { statuses } : {}), ...(since === undefined ? {} : { since }) };
  for await (const run of named ? namedRuns(store, named) : allRuns(store, label)) {
    let afterKey: string | undefined;
    for (;;) {
      const { findallId } = run;
      const after = afterKey === undefined ? {} : { afterKey };
      const candidates = await store.candidatePage({ ...filter, findallId, ...after, limit: CANDIDATES });
      // SQLite answers without a turn of the event loop, in which signals and the end of a pipe are noticed.
      await setImmediate();
      interrupted.throwIfAborted();
      if (candidates.length > 0) yield { run, candidates };
      if (candidates.length < CANDIDATES) break;
      afterKey = candidates.at(-1)?.key;
    }
  }
}

async function* namedRuns(store: Store, named: readonly string[]): AsyncGenerator<TrackedRun> {
  const found = new Map<string, TrackedRun>();
  // All of them are looked up before the first row is written: a typo in the second is no half export.
  for (const name of named) {
    const run = await knownRun(store, name);
    found.set(run.findallId, run);
  }
  yield* found.values();
}

async function* allRuns(store: Store, label: string | undefined): AsyncGenerator<TrackedRun> {
  const asked = { ...(label === undefined ? {} : { label: label.normalize() }), limit: RUNS };
  let page = await store.runs(asked);
  if (label !== undefined && page.length === 0) throw noRunHas(label);
  for (;;) {
    const last = page.at(-1);
    if (!last) return;
    yield* page;
    page = await store.runs({ ...asked, after: last.findallId });
  }
}

function noRunHas(label: string): OperatorError {
  return new OperatorError(EXIT.usage, `no run has the label ${JSON.stringify(cleanText(label, 200))}`, {
    hint: 'findall-watch runs lists the runs with their labels',
  });
}
