/** Which columns a table has, as its rows are read one after the other, and what they are called. Pure but for its own state. */
import { type FieldCells, FIXED_COLUMNS, PARTS, type Part, type Row } from './candidate-row.ts';
import { safeCell } from './safe-cell.ts';
import { cleanText } from '../../text/clean-text.ts';

/**
 * Fields of output that have columns of their own. Outputs have few, and the same in each candidate. If each candidate of many had
 * others, the table would grow with the square of their number.
 */
const MOST_FIELDS = 1000;
/** For the fields beyond, as one JSON object. */
const OTHER_FIELDS = 'other_fields';
const LONGEST_NAME = 200;

/** A row while its table is not complete: the fixed cells, and the other cells each with the number of its column. */
export interface PlacedRow {
  fixed: string[];
  placed: [column: number, cell: string][];
}

/** The columns of a table that is being read. */
export interface Columns {
  /** Gives each cell of a row its column, which is added if it is new. */
  place(row: Row): PlacedRow;
  /** The names of all columns, when all rows have been placed. */
  header(): string[];
  /** The cells of a placed row in the order of the header. */
  cellsOf(row: PlacedRow): string[];
}

/** A field that has columns, and their numbers. */
interface Field {
  field: string;
  columns: Partial<Record<Part, number>>;
}

/** Makes the columns of a table that has no rows yet. */
export function createColumns(mostFields = MOST_FIELDS): Columns {
  const fields = new Map<string, Field>();
  let count = 0;
  let others: number | undefined;
  let order: number[] | undefined;

  function fieldOf(field: string): Field | undefined {
    const known = fields.get(field);
    if (known !== undefined || fields.size >= mostFields) return known;
    const added = { field, columns: {} };
    fields.set(field, added);
    return added;
  }

  function placeField({ field, cells }: FieldCells): PlacedRow['placed'] | undefined {
    const columns = fieldOf(field)?.columns;
    if (columns === undefined) return undefined;
    return PARTS.flatMap((part): PlacedRow['placed'] => {
      const cell = cells[part];
      return cell === undefined ? [] : [[(columns[part] ??= count++), cell]];
    });
  }

  const inOrder = () => nameColumns([...fields.values()], others);
  return {
    place({ fixed, fields: of }) {
      order = undefined;
      const placed = of.map((each) => placeField(each));
      const beyond = of.filter((_, index) => placed[index] === undefined);
      const own = placed.flatMap((cells) => cells ?? []);
      if (beyond.length === 0) return { fixed, placed: own };
      others ??= count++;
      return { fixed, placed: [...own, [others, safeCell(asObject(beyond))]] };
    },
    header: () => [...FIXED_COLUMNS, ...inOrder().map(({ name }) => name)],
    cellsOf({ fixed, placed }) {
      order ??= inOrder().map(({ column }) => column);
      const cells = new Map(placed);
      return [...fixed, ...order.map((column) => cells.get(column) ?? '')];
    },
  };
}

/** The columns behind the fixed ones, with their names: fields one after the other, of each its parts. */
function nameColumns(
  fields: readonly Field[],
  others: number | undefined,
): { column: number; name: string }[] {
  const nameOf = createNames(FIXED_COLUMNS);
  // What a field is called depends on no part of another one.
  const named = fields.map(({ field, columns }) => ({ name: nameOf(field), columns }));
  const ordered = named.flatMap(({ name, columns }) =>
    PARTS.flatMap((part) => {
      const column = columns[part];
      if (column === undefined) return [];
      return [{ column, name: part === 'value' ? name : nameOf(`${name}_${part}`) }];
    }),
  );
  return others === undefined ? ordered : [...ordered, { column: others, name: nameOf(OTHER_FIELDS) }];
}

/** Fields as one JSON object, each with its cells. */
function asObject(fields: readonly FieldCells[]): string {
  const merged = new Map<string, FieldCells['cells']>();
  for (const { field, cells } of fields) merged.set(field, { ...merged.get(field), ...cells });
  return JSON.stringify(Object.fromEntries(merged));
}

/** Gives names that no other column has, in upper or lower case: who takes a table into a database needs that. */
function createNames(taken: readonly string[]): (wanted: string) => string {
  const used = new Set(taken);
  return (wanted) => {
    const plain = safeCell(cleanText(wanted, LONGEST_NAME)) || 'unnamed';
    const own = used.has(plain.toLowerCase()) ? `output.${plain}` : plain;
    let name = own;
    for (let number = 2; used.has(name.toLowerCase()); number += 1) name = `${own} (${number})`;
    used.add(name.toLowerCase());
    return name;
  };
}
