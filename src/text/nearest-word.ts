import { distance } from 'fastest-levenshtein';

/** The known word that a mistyped one was most likely meant to be; undefined when none is near. */
export function nearestWord(typed: string, known: readonly string[]): string | undefined {
  // Longer words are random far more often than mistyped, and comparing them costs their square.
  if (typed.length > 80) return undefined;
  const wanted = plain(typed);
  let best: { word: string; apart: number } | undefined;
  for (const word of known) {
    const own = plain(word);
    const most = Math.min(tolerance(word), best === undefined ? Infinity : best.apart - 1);
    // Words are at least as far apart as their lengths: of many known ones few are compared.
    if (Math.abs(own.length - wanted.length) > most) continue;
    const apart = distance(wanted, own);
    if (apart <= most) best = { word, apart };
  }
  return best?.word;
}

/** Case and separators are what people mix up first: they count for nothing. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, '');
}

/** Two swapped letters count as two changes; in a word of three they would make it any other word. */
function tolerance(word: string): number {
  return word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
}
