/** Which endings of a run have been announced, and how many facts of it are remembered. */
import type { Occurrences } from '../model.ts';

/** The statuses and reasons that the API knows are fourteen. */
const MOST_FACTS = 200;

/** Facts whose name holds what the API said. */
const AS_SAID = /^findall\.run\.(?:status:|(?:completed|failed|cancelled|ended)#)/;

/** Without the status or ending that was counted first, when there are too many: a hostile API could name another each time. */
export function withoutOldest(occurrences: Occurrences): Occurrences {
  const said = Object.keys(occurrences).filter((fact) => AS_SAID.test(fact));
  const [oldest] = said;
  if (oldest === undefined || said.length < MOST_FACTS) return occurrences;
  const { [oldest]: _dropped, ...kept } = occurrences;
  return withoutOldest(kept);
}

/** How many endings of an episode were announced, and which of them this one was the last time. */
const endingsOf = (episode: number) => `endings#${episode}`;

const placeOf = (fact: string) => `${fact}@`;

/**
 * Whether the ending announced last in its episode has this reason: then it is not announced again, however often the reason
 * comes and goes. A reason that returns after another one is: the last word is always announced.
 */
export function isLastWord(occurrences: Occurrences, fact: string, episode: number): boolean {
  if (occurrences[fact] === undefined) return false;
  // Recorded before places were counted: the only ending that is known.
  return occurrences[placeOf(fact)] === occurrences[endingsOf(episode)];
}

export function withLastWord(occurrences: Occurrences, fact: string, episode: number): Occurrences {
  const place = (occurrences[endingsOf(episode)] ?? 0) + 1;
  return { ...occurrences, [endingsOf(episode)]: place, [placeOf(fact)]: place };
}
