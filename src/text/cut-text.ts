/** How a service counts: code points, UTF-8 bytes, or UTF-16 units (what JavaScript calls length). */
export type TextUnit = 'chars' | 'bytes' | 'utf16';

const ELLIPSIS = '…';
/** Made when it is needed: it loads tables, which takes 10 ms of a start. */
let graphemes: Intl.Segmenter | undefined;

/** How much of the room may be given up to end at a space. */
const GIVE_UP = 0.25;

/** The size of `text` as the service counts it. */
export function textSize(text: string, unit: TextUnit): number {
  if (unit === 'utf16') return text.length;
  if (unit === 'bytes') return Buffer.byteLength(text);
  let points = 0;
  for (const _ of text) points++;
  return points;
}

/**
 * `text` in at most `max` of `unit`. What is longer ends in "…", after a whole word where there is one near, else after
 * a whole visible character: never within one.
 */
export function cutText(text: string, max: number, unit: TextUnit): string {
  // No unit counts more than three times the length, nor less than half of it: most texts need no count.
  if (text.length * 3 <= max || (text.length <= max * 2 && textSize(text, unit) <= max)) return text;
  const room = max - textSize(ELLIPSIS, unit);
  if (room < 0) return '';
  const kept = beginningOf(text, room, unit);
  const space = kept.search(/\s\S*$/);
  const isWhole = /^\s/.test(text.slice(kept.length));
  const cut = isWhole || space < kept.length * (1 - GIVE_UP) ? kept : kept.slice(0, space);
  return `${cut.trimEnd()}${ELLIPSIS}`;
}

/** The longest beginning of whole visible characters in at most `room` of `unit`. */
export function beginningOf(text: string, room: number, unit: TextUnit): string {
  let used = 0;
  let end = 0;
  // One code point is at most two units of length: what lies beyond cannot fit and need not be looked at.
  graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text.slice(0, room * 2 + 2))) {
    used += textSize(segment, unit);
    if (used > room) break;
    end += segment.length;
  }
  return text.slice(0, end);
}
