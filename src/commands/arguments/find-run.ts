/** The run that a person names: by label, objective, id, the beginning of one, or a URL. */
import { parseRunId, RUN_ID_EXAMPLE } from '../../config/forms/run-id.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import type { TrackedRun } from '../../model.ts';
import type { RunName, Store } from '../../record/store.ts';
import { quote } from '../../text/quote.ts';
import { tableLines } from '../../text/table.ts';
import { cleanText } from '../../text/clean-text.ts';
import { createShortIds, runTitle, writtenName } from '../output/run-name.ts';
import { nearestRun, runsMeant } from './name-meaning.ts';

/** What is asked of the store. */
type Runs = Pick<Store, 'run' | 'runs' | 'runNames'>;

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
  if (id === null) throw unknownRun(typed, names);
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
    .map((run) => [shortId(run.findallId), writtenName(run, 24) ?? '', cleanText(run.objective ?? '', 40)]);
  const more = meant.length > LISTED ? [`and ${meant.length - LISTED} more`] : [];
  return new OperatorError(EXIT.usage, `${quote(typed)} names ${meant.length} runs`, {
    hint: ['name one by its id or by more of its name:', ...tableLines(rows), ...more].join('\n  '),
  });
}

function unknownRun(typed: string, names: readonly RunName[]): OperatorError {
  const near = nearestRun(typed, names);
  const meant =
    near === undefined ? '' : `did you mean ${runTitle(near, createShortIds([near.findallId]))}? `;
  return new OperatorError(
    EXIT.usage,
    `${quote(cleanText(typed, 120))} is no FindAll run id, and no tracked run is called so`,
    { hint: `${meant}An id looks like ${RUN_ID_EXAMPLE}; all tracked runs: findall-watch runs` },
  );
}
