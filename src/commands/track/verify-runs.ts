import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { askRun, type RunAnswer } from '../../poll/findall/ask-run.ts';
import type { Store } from '../../record/store.ts';
import { USER_AGENT } from '../../version.ts';

/** Runs that are asked about at once. */
const AT_ONCE = 8;
/** Runs that a message names. */
const NAMED = 5;

export interface Verifying {
  store: Pick<Store, 'run'>;
  config: Pick<Config, 'api'>;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Asks the API whether it knows these runs; those of which a snapshot is recorded need no question. Gives a sentence about runs
 * that could not be checked, or null. Throws OperatorError when the API denies one.
 */
export async function verifyRuns(ids: readonly string[], given: Verifying): Promise<string | null> {
  const open: string[] = [];
  for (const id of ids) if (!isSeen(await given.store.run(id))) open.push(id);
  if (open.length === 0) return null;
  const { key } = given.config.api;
  if (key === null) return uncheckedText(open, 'there is no API key (set PARALLEL_API_KEY)');
  const answers = await askAll(open, key, given);
  const unknown = [...answers].flatMap(([id, { kind }]) => (kind === 'unknown' ? [id] : []));
  if (unknown.length > 0) throw unknownRuns(unknown, answers);
  const unchecked = open.filter((id) => answers.get(id)?.kind !== 'known');
  return unchecked.length === 0 ? null : uncheckedText(unchecked, reasonIn(answers, 'unchecked'));
}

function isSeen(run: Awaited<ReturnType<Store['run']>>): boolean {
  return run !== null && run.run !== null && run.state !== 'gone';
}

/** Stops at the first run that could not be asked about: the others could not either, each after its own timeout. */
async function askAll(
  ids: readonly string[],
  key: string,
  { config, clock, signal }: Verifying,
): Promise<Map<string, RunAnswer>> {
  const answers = new Map<string, RunAnswer>();
  const request = { baseUrl: config.api.baseUrl, key, userAgent: USER_AGENT, clock };
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    const some = ids.slice(first, first + AT_ONCE);
    await Promise.all(some.map(async (id) => answers.set(id, await askRun(request, id, signal))));
    if ([...answers.values()].some(({ kind }) => kind === 'unchecked')) break;
  }
  return answers;
}

function reasonIn(answers: ReadonlyMap<string, RunAnswer>, wanted: 'unknown' | 'unchecked'): string {
  for (const answer of answers.values()) if (answer.kind === wanted) return answer.reason;
  return '';
}

function unknownRuns(ids: readonly string[], answers: ReadonlyMap<string, RunAnswer>): OperatorError {
  const reason = reasonIn(answers, 'unknown');
  return new OperatorError(EXIT.usage, `the FindAll API does not know ${named(ids)} (${reason})`, {
    hint: `nothing was tracked. Check the id and the account of the key; a new run may take a minute. To track without asking: findall-watch track --no-verify ${ids.join(' ')}`,
  });
}

function uncheckedText(ids: readonly string[], reason: string): string {
  const are = ids.length === 1 ? 'is' : 'are';
  return `${named(ids)} ${are} tracked, but could not be checked with the FindAll API: ${reason}`;
}

function named(ids: readonly string[]): string {
  const more = ids.length - NAMED;
  return ids.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
