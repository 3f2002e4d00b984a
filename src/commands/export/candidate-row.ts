/** What one row of the table says of a candidate. Pure. */
import { type BasisEntry, isRecord, readBasis, readOutput } from '../../diff/read-basis.ts';
import type { Candidate } from '../../model.ts';
import { webLink } from '../../text/clean-text.ts';
import { isoTime } from '../../text/json-line.ts';
import { safeCell } from './safe-cell.ts';

/** A candidate with what the store knows of it. */
export interface ExportedCandidate {
  findallId: string;
  label: string | null;
  firstSeenAt: number | null;
  lastSeenAt: number | null;
  candidate: Candidate;
}

/** The columns that every table has. */
export const FIXED_COLUMNS = [
  ...['candidate_id', 'name', 'url', 'match_status'],
  ...['findall_id', 'label', 'first_seen', 'last_seen'],
] as const;

/** What a table says of one field of the output, in the order of its columns. */
export const PARTS = ['value', 'matched', 'confidence', 'sources'] as const;
export type Part = (typeof PARTS)[number];

/** What is wanted beside the values. */
export interface Extras {
  confidence?: boolean;
  sources?: boolean;
}

/** A field of the output, and the cells that it has in this row. */
export interface FieldCells {
  /** The key of the output, as it came. */
  field: string;
  cells: Partial<Record<Part, string>>;
}

/** One row: the cells of the fixed columns, in order, and those of the fields. */
export interface Row {
  fixed: string[];
  fields: FieldCells[];
}

/** The row of a candidate. Its fields may hold any JSON. */
export function rowOf(exported: ExportedCandidate, extras: Extras = {}): Row {
  const { candidate, findallId, label, firstSeenAt, lastSeenAt } = exported;
  const { candidate_id: id, name, url, match_status: status } = candidate;
  const times = [isoTime(firstSeenAt), isoTime(lastSeenAt)];
  return {
    fixed: [...[id, name, url, status, findallId, label].map(cellOf), ...times.map((time) => time ?? '')],
    fields: fieldsOf(candidate, extras),
  };
}

function fieldsOf({ output, basis }: Candidate, { confidence, sources }: Extras): FieldCells[] {
  const outputs = new Map(readOutput(output));
  const values = [...outputs].map(([field, value]) => ({ field, cells: valueCells(value) }));
  if (!confidence && !sources) return values;
  const entries = Map.groupBy(readBasis(basis), (entry) => fieldOfEntry(entry, outputs));
  const support = [...entries].map(([field, of]) => ({
    field,
    cells: {
      ...(confidence ? { confidence: confidenceCell(of) } : {}),
      ...(sources ? { sources: sourcesCell(of) } : {}),
    },
  }));
  return [...values, ...support];
}

/** A plain value, or one in an object that also says whether a match condition holds. */
function valueCells(output: unknown): FieldCells['cells'] {
  if (!isRecord(output) || !Object.hasOwn(output, 'value')) return { value: cellOf(output) };
  const { value, is_matched: holds } = output;
  return { value: cellOf(value), ...(typeof holds === 'boolean' ? { matched: String(holds) } : {}) };
}

/** A list has an entry of the basis for each item: that of `key_executives.0` belongs to `key_executives`. */
function fieldOfEntry({ field }: BasisEntry, outputs: ReadonlyMap<string, unknown>): string {
  const list = field.replace(/(?:\.\d+)+$/, '');
  return !outputs.has(field) && outputs.has(list) ? list : field;
}

function confidenceCell(entries: readonly BasisEntry[]): string {
  const said = entries.map(({ confidence }) => confidence).filter((one) => one !== undefined && one !== null);
  return safeCell(said.map(textOf).join(', '));
}

/** The pages that are cited, each once. A link holds no space. */
function sourcesCell(entries: readonly BasisEntry[]): string {
  const urls = entries.flatMap(({ citations }) => citations.map(({ url }) => url));
  const links = urls.map((url) => (typeof url === 'string' ? webLink(url) : null));
  return safeCell([...new Set(links.filter((link) => link !== null))].join(' '));
}

/** Any JSON as the text of a cell: texts as they are, nothing for null and absent, the rest as it is written in JSON. */
function cellOf(value: unknown): string {
  return value === undefined || value === null ? '' : safeCell(textOf(value));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
