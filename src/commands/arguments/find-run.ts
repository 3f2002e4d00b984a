/** The run that a person names: by label, objective, id, the beginning of one, or a URL. */
import { parseRunId, RUN_ID_EXAMPLE } from '../../config/forms/run-id.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import type { Candidate, TrackedRun } from '../../model.ts';
import type { RunName, Store } from '../../record/store.ts';
import { describeCandidate } from '../../sinks/kit/describe-candidate.ts';
import { quote } from '../../text/quote.ts';
import { tableLines } from '../../text/table.ts';
import { cleanText } from '../../text/clean-text.ts';
import { createShortIds, runTitle, writtenName } from '../output/run-name.ts';
import { nearestRun, runsMeant } from './name-meaning.ts';

/** What is asked of the store. */
type Runs = Pick<Store, 'run' | 'runNames' | 'findCandidates'>;

/** Choices that a message lists. */
const LISTED = 10;

/** The tracked run that `typed` names. Throws OperatorError when there is none, or several. */
export async function knownRun(store: Runs, typed: string): Promise<TrackedRun> {
  const id = parseRunId(typed);
  const exact = id === null ? null : await store.run(id);
  if (exact !== null) return exact;
  const names = await store.runNames();
  const meant = runsMeant(id ?? typed, names);
  if (meant.length > 1) throw severalRuns(typed, meant);
  const run = meant[0] === undefined ? null : await store.run(meant[0].findallId);
  if (run !== null) return run;
  if (id === null) {
    const [candidate] = await store.findCandidates({ text: typed, how: 'whole', limit: 1 });
    throw candidate === undefined ? unknownRun(typed, names) : candidateInstead(candidate.candidate);
  }
  throw new OperatorError(EXIT.usage, `${id} is not tracked`, {
    hint: `track it: findall-watch track ${id}`,
  });
}

/** The ids of the runs that are named, each once, in order. What has the form of an id is taken as it is, tracked or not. */
export async function idsOfRuns(store: Runs, typed: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const each of typed) ids.push(parseRunId(each) ?? (await knownRun(store, each)).findallId);
  return [...new Set(ids)];
}

function severalRuns(typed: string, meant: readonly RunName[]): OperatorError {
  const shortId = createShortIds(meant.map(({ findallId }) => findallId));
  const rows = meant
    .slice(0, LISTED)
    .map((run) => [writtenName(run, 24) ?? '', shortId(run.findallId), cleanText(run.objective ?? '', 40)]);
  const more = meant.length > LISTED ? [`and ${meant.length - LISTED} more`] : [];
  return new OperatorError(EXIT.usage, `${quote(typed)} names ${meant.length} runs`, {
    hint: ['write more of the name, or the id:', ...tableLines(rows), ...more].join('\n  '),
  });
}

function candidateInstead(candidate: Candidate): OperatorError {
  const { name } = describeCandidate(candidate);
  return new OperatorError(EXIT.usage, `${quote(name)} is a candidate, and a run is wanted here`, {
    hint: `what became of the candidate: findall-watch explain ${quote(name)}; all tracked runs: findall-watch runs`,
  });
}

function unknownRun(typed: string, names: readonly RunName[]): OperatorError {
  const near = nearestRun(typed, names);
  const meant =
    near === undefined ? '' : `Did you mean ${runTitle(near, createShortIds([near.findallId]))}? `;
  return new OperatorError(
    EXIT.usage,
    `no tracked run is named ${quote(cleanText(typed, 120))}, and it is not the id of a FindAll run`,
    { hint: `${meant}All tracked runs: findall-watch runs. An id looks like ${RUN_ID_EXAMPLE}` },
  );
}
