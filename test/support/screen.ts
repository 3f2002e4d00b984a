import { stripVTControlCharacters } from 'node:util';

const ESC = '\u001b';
/** An erasure of so many rows and what is below, an end of a row, or text. */
const WRITTEN = new RegExp(String.raw`\r(?:${ESC}\[(\d+)A)?${ESC}\[J|\n|[^\r\n]+|\r`, 'g');

/**
 * What stands on a terminal that scrolls for ever, row by row: going up to the start of a row and erasing what is below is
 * obeyed, colours are not seen.
 */
export function screenOf(written: string): string[] {
  const rows: string[] = [''];
  // The line discipline of a terminal puts a return before each end of a row.
  for (const [piece, up] of written.replaceAll('\r\n', '\n').matchAll(WRITTEN)) {
    if (piece === '\n') rows.push('');
    else if (piece.startsWith('\r')) rows.splice(-1 - Number(up ?? 0), Infinity, '');
    else rows.push(`${rows.pop() ?? ''}${stripVTControlCharacters(piece)}`);
  }
  return rows;
}
