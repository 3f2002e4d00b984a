import { displayWidth } from '../../text/wrap-text.ts';
import type { Output } from '../command-context.ts';
import { sizeOf } from '../output/layout.ts';

/** Rows at the foot of a terminal that are redrawn in place, while finished lines scroll away above them. */
export interface LiveBlock {
  /** Replaces the rows; each must fit the terminal. The same ones again write nothing. */
  show(rows: readonly string[]): void;
  /** Lets `write` print something above the rows. */
  above(write: () => void): void;
  /** Takes the rows away. */
  clear(): void;
}

/**
 * Makes a block on `output`. The cursor is never hidden and stays behind the last row, so that any end of the process
 * leaves a terminal in order.
 */
export function createLiveBlock(output: Output): LiveBlock {
  let shown: readonly string[] = [];

  /** Rows the block takes now: a terminal that became narrower since has broken them. */
  function takenRows(): number {
    const { columns } = sizeOf(output);
    return shown.reduce((sum, row) => sum + Math.max(1, Math.ceil(displayWidth(row) / columns)), 0);
  }
  function erasing(): string {
    if (shown.length === 0) return '';
    const up = takenRows() - 1;
    return `\r${up > 0 ? `\u001b[${up}A` : ''}\u001b[J`;
  }
  function clear(): void {
    const sequence = erasing();
    if (sequence !== '') output.write(sequence);
    shown = [];
  }
  return {
    show(rows) {
      if (rows.length === shown.length && rows.every((row, index) => row === shown[index])) return;
      // In one write: a terminal that draws in between would flicker.
      output.write(erasing() + rows.join('\n'));
      shown = rows;
    },
    above(write) {
      const rows = shown;
      clear();
      write();
      if (rows.length > 0) {
        output.write(rows.join('\n'));
        shown = rows;
      }
    },
    clear,
  };
}
