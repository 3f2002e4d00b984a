/** What a person may mean by a name: pure, without the store. */
import type { RunName } from '../../record/store.ts';
import { foldName } from '../../text/fold-name.ts';
import { nearestWord } from '../../text/nearest-word.ts';

const PREFIX = 'findall_';
/** The digits of an id without its prefix. Fewer are more likely the beginning of a label. */
const DIGITS = /^[0-9a-f]{4,}$/;

/**
 * The runs that `typed` names, in the order of `runs`. The first of these that any run fits decides: the id, the label as it
 * is written, the beginning of the id with or without `findall_`, the whole label or objective, the beginning of either.
 */
export function runsMeant(typed: string, runs: readonly RunName[]): readonly RunName[] {
  const label = typed.normalize();
  const id = typed.toLowerCase();
  const idStart = DIGITS.test(id) ? `${PREFIX}${id}` : id;
  const name = foldName(typed);
  const isBeginning = (full: string | null) =>
    full !== null && name !== '' && foldName(full).startsWith(name);
  const isWhole = (full: string | null) => full !== null && foldName(full) === name;
  const ways: ((run: RunName) => boolean)[] = [
    (run) => run.findallId === typed,
    (run) => run.label === label,
    (run) => idStart.length > PREFIX.length && run.findallId.toLowerCase().startsWith(idStart),
    (run) => isWhole(run.label) || isWhole(run.objective),
    (run) => isBeginning(run.label) || isBeginning(run.objective),
  ];
  for (const fits of ways) {
    const meant = runs.filter(fits);
    if (meant.length > 0) return meant;
  }
  return [];
}

/** The run that was most likely meant by a name that none has; undefined when none is near. */
export function nearestRun(typed: string, runs: readonly RunName[]): RunName | undefined {
  const name = foldName(typed);
  if (name === '') return undefined;
  const holding = runs.find(({ label, objective }) =>
    [label, objective].some((each) => each !== null && foldName(each).includes(name)),
  );
  if (holding !== undefined) return holding;
  const labels = new Map(runs.flatMap((run) => (run.label === null ? [] : [[foldName(run.label), run]])));
  const near = nearestWord(name, [...labels.keys()]);
  return near === undefined ? undefined : labels.get(near);
}
