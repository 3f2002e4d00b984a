/** The candidates that a person names: by name, the beginning of one, or the host of their address. */
import { EXIT, OperatorError } from '../../errors.ts';
import type { CandidateName } from '../../record/history.ts';
import type { Store } from '../../record/store.ts';
import { describeCandidate } from '../../sinks/kit/describe-candidate.ts';
import { cleanText } from '../../text/clean-text.ts';
import { foldName } from '../../text/fold-name.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { quote } from '../../text/quote.ts';
import { tableLines } from '../../text/table.ts';
import { createShortIds, runTitle } from '../output/run-name.ts';

/** What is asked of the store. */
type Candidates = Pick<Store, 'findCandidates' | 'candidateNames' | 'runNames'>;

/** Choices that a message lists. */
const LISTED = 10;
/** Runs of one company that are looked up. */
const MOST = 200;
/** Names that are compared for a suggestion: a tenth of a second. */
const MOST_NAMES = 100_000;

/**
 * The candidates with the whole name, the host, or the only name that begins so: one for each run that has it. Empty when no name
 * does. Throws OperatorError when several names begin so, or hold it.
 */
export async function candidatesNamed(
  store: Candidates,
  text: string,
  findallId?: string,
): Promise<CandidateName[]> {
  const asked = { text, limit: MOST, ...(findallId === undefined ? {} : { findallId }) };
  const whole = await store.findCandidates({ ...asked, how: 'whole' });
  if (whole.length > 0) return whole;
  for (const how of ['start', 'part'] as const) {
    const found = await store.findCandidates({ ...asked, how });
    const names = new Set(found.map(({ candidate }) => foldName(candidate.name)));
    // A part in the middle is a guess: it is suggested, not taken.
    if (names.size === 1 && how === 'start') return found;
    if (names.size > 0) throw await severalNames(store, text, found);
  }
  return [];
}

/** Each name once, with the run that has it, or how many have. */
async function severalNames(
  store: Candidates,
  text: string,
  found: readonly CandidateName[],
): Promise<OperatorError> {
  const runs = new Map((await store.runNames()).map((run) => [run.findallId, run]));
  const shortId = createShortIds([...new Set(found.map(({ findallId }) => findallId))]);
  const names = [...Map.groupBy(found, ({ candidate }) => foldName(candidate.name)).values()];
  const rows = names.slice(0, LISTED).flatMap((those) => {
    const [first] = those;
    if (first === undefined) return [];
    const { findallId, candidate } = first;
    const run = runs.get(findallId) ?? { findallId, label: null, objective: null };
    const where = those.length === 1 ? runTitle(run, shortId, 24) : `${those.length} runs`;
    return [[cleanText(describeCandidate(candidate).name, 40), where]];
  });
  const more = names.length > LISTED ? ['and more'] : [];
  return new OperatorError(EXIT.usage, `${quote(cleanText(text, 80))} is a part of several names`, {
    hint: ['write the whole name:', ...tableLines(rows), ...more].join('\n  '),
  });
}

/** The name that was most likely meant, as it is written; undefined when none is near. */
export async function nearestCandidate(store: Candidates, text: string): Promise<string | undefined> {
  const near = nearestWord(foldName(text), await store.candidateNames(MOST_NAMES));
  if (near === undefined) return undefined;
  const [found] = await store.findCandidates({ text: near, how: 'whole', limit: 1 });
  return found === undefined ? undefined : describeCandidate(found.candidate).name;
}
