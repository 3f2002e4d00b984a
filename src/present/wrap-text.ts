import { stripVTControlCharacters } from 'node:util';

/** A paragraph and where it stands. */
export interface TextLine {
  text: string;
  /** Columns before its first row. */
  indent: number;
  /** Columns before the rows it is continued on; default: as the first. */
  hang?: number;
}

/** Below this a column of text is no longer readable: better to let the terminal break it. */
const NARROWEST = 20;

/** Characters that take two columns and between which a line may be broken. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3001-\u303f\uff01-\uff60]|\p{Emoji_Presentation}/u;
const PIECES = new RegExp(`\\s+|${WIDE.source}|(?:(?!\\s|${WIDE.source}).)+`, 'gu');

/** Columns of a terminal that `text` takes; colour codes take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (WIDE.test(character)) width += 2;
    else if (!/\p{M}/u.test(character)) width += 1;
  }
  return width;
}

/**
 * Breaks paragraphs into rows of at most `width` columns (Infinity: none is broken), indented. A word longer than a
 * row, most likely a link, stays whole: broken, it could no longer be clicked or copied.
 */
export function layOut(lines: readonly TextLine[], width: number): string[] {
  return lines.flatMap(({ text, indent, hang = indent }) => {
    const rows = wrap(text, Math.max(NARROWEST, width - indent), Math.max(NARROWEST, width - hang));
    return rows.map((row, index) => `${' '.repeat(index === 0 ? indent : hang)}${row}`);
  });
}

function wrap(text: string, firstWidth: number, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  let used = 0;
  let space = '';
  for (const piece of text.match(PIECES) ?? []) {
    if (/^\s/.test(piece)) {
      space = piece;
      continue;
    }
    const needed = displayWidth(piece);
    const most = rows.length === 0 ? firstWidth : width;
    if (row !== '' && used + space.length + needed > most) {
      rows.push(row);
      row = piece;
      used = needed;
    } else {
      row += row === '' ? piece : `${space}${piece}`;
      used = displayWidth(row);
    }
    space = '';
  }
  return [...rows, row];
}
