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
  /(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Yi}\u3001-\u303f\u3200-\u33ff\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const PIECES = new RegExp(`\\s+|${WIDE.source}|(?:(?!\\s|${WIDE.source}).)+`, 'gu');

const ESC = '\u001b';
/** Our own escape sequences (colours, links), whole, and characters. */
const CHARACTERS = new RegExp(String.raw`${ESC}\[[\d;]*m|${ESC}\]8;;[^${ESC}]*${ESC}\\|[^]`, 'gu');

/** Columns of a terminal that `text` takes; colour codes take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (WIDE.test(character)) width += 2;
    // Marks that take room of their own (Mc, as in Devanagari) are not among these.
    else if (!/[\p{Mn}\p{Me}\p{Cf}\u{e0000}-\u{e0fff}]/u.test(character)) width += 1;
  }
  return width;
}

/** `text` in at most `width` columns, "…" where it was cut; colours and links are ended behind the cut. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let used = 0;
  let kept = '';
  for (const [piece] of text.matchAll(CHARACTERS)) {
    // What a terminal obeys takes no room and stays, so that nothing is left switched on.
    if (piece.startsWith(ESC)) kept += piece;
    else {
      const needed = displayWidth(piece);
      if (used + needed < width) kept += piece;
      else if (used < width) kept += '…';
      used = used + needed < width ? used + needed : width;
    }
  }
  return kept;
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
