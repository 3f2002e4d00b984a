import { cutText } from './cut-text.ts';

/** Of one text, in UTF-16 units, and of one list or map in entries. */
const LONGEST_TEXT = 20_000;
const MOST_ENTRIES = 1000;
/** Of all texts together. */
const LONGEST_IN_ALL = 200_000;

/**
 * The value with its texts cut and its lists and maps ended where they are longer than anything that people read: so no filter of
 * a template takes long over what the web sent. `split | sort | uniq` over a text of 2.4 MB blocked the process for 6.7 s.
 */
export function boundedValue(value: unknown): unknown {
  let left = LONGEST_IN_ALL;

  function bounded(one: unknown): unknown {
    if (typeof one === 'string') {
      const room = Math.min(LONGEST_TEXT, Math.max(0, left));
      left -= Math.min(one.length, room);
      return one.length <= room ? one : cutText(one.slice(0, room + 1), room, 'utf16');
    }
    if (Array.isArray(one)) return one.slice(0, MOST_ENTRIES).map(bounded);
    if (typeof one !== 'object' || one === null) return one;
    const entries = Object.entries(one).slice(0, MOST_ENTRIES);
    return Object.fromEntries(entries.map(([key, entry]) => [key, bounded(entry)]));
  }

  return bounded(value);
}
