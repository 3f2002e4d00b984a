/** What a bench says, and how it is shown. */

/** One measured quantity. What a contender has no part in is null. */
export interface Row {
  bench: string;
  unit: string;
  ours: number;
  loop: number | null;
  limit: number | null;
  ratioToLoop: number | null;
  ratioToLimit: number | null;
  /** In words; null: shown for information. */
  aim: string | null;
  met: boolean | null;
}

export type Measured = Pick<Row, 'bench' | 'unit' | 'ours'> & Partial<Pick<Row, 'loop' | 'limit'>>;

/** A bound that a row has to keep. */
export interface Aim {
  of: 'ours' | 'ratioToLoop' | 'ratioToLimit';
  atLeast?: number;
  atMost?: number;
}

/** The row of what was measured, judged by `aims`: all have to be met. Ratios are ours to theirs. */
export function toRow(measured: Measured, ...aims: readonly Aim[]): Row {
  const { bench, unit, ours, loop = null, limit = null } = measured;
  const ratioToLoop = loop === null ? null : ours / loop;
  const ratioToLimit = limit === null ? null : ours / limit;
  const row = { bench, unit, ours, loop, limit, ratioToLoop, ratioToLimit };
  if (aims.length === 0) return { ...row, aim: null, met: null };
  const met = aims.every(({ of, atLeast = -Infinity, atMost = Infinity }) => {
    const value = row[of];
    return value !== null && value >= atLeast && value <= atMost;
  });
  return { ...row, aim: aims.map((aim) => written(aim, unit)).join(', '), met };
}

const NAMES = { ratioToLoop: '× loop', ratioToLimit: '× limit' };

function written({ of, atLeast, atMost }: Aim, unit: string): string {
  const bound = atLeast === undefined ? `≤ ${short(atMost ?? 0)}` : `≥ ${short(atLeast)}`;
  return `${bound} ${of === 'ours' ? (unit.split(' ')[0] ?? '') : NAMES[of]}`;
}

const HEAD = ['bench', 'unit', 'ours', 'loop', 'limit', '× loop', '× limit', 'aim', 'met'];

/** All rows as one Markdown table, columns aligned. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.bench,
    row.unit,
    ...[row.ours, row.loop, row.limit, row.ratioToLoop, row.ratioToLimit].map((value) =>
      value === null ? '' : short(value),
    ),
    row.aim ?? '',
    row.met === null ? '' : row.met ? 'yes' : 'NO',
  ]);
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...cells.map((line) => line[column]?.length ?? 0)),
  );
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(HEAD), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

/** Three digits that count. */
function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** The value that this share (0 to 1) of `values` does not exceed; NaN when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** The middle of `values`. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
