import { displayWidth } from './wrap-text.ts';

/** Rows of cells as lines, columns two spaces apart. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths?.[column] ?? 0) - displayWidth(cell))))
      .join('  ')
      .trimEnd(),
  );
}
