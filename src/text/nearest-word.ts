import { distance } from 'fastest-levenshtein';

/** The known word that a mistyped one was most likely meant to be; undefined when none is near. */
export function nearestWord(typed: string, known: readonly string[]): string | undefined {
  // Longer words are random far more often than mistyped, and comparing them costs their square.
  if (typed.length > 80) return undefined;
  const ranked = known.map((word) => ({ word, apart: distance(plain(typed), plain(word)) }));
  const [best] = ranked.toSorted((a, b) => a.apart - b.apart);
  return best !== undefined && best.apart <= tolerance(best.word) ? best.word : undefined;
}

/** Case and separators are what people mix up first: they count for nothing. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, '');
}

/** Two swapped letters count as two changes; in a word of three they would make it any other word. */
function tolerance(word: string): number {
  return word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
}
