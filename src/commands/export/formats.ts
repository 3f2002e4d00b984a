/** What is written: candidates as a table or as lines of JSON, piece by piece. */
import { stringify } from 'csv-stringify/sync';
import type { Candidate } from '../../model.ts';
import { parseJson } from '../../text/exact-number.ts';
import { isoTime, jsonText } from '../../text/json-line.ts';
import { type Extras, rowOf } from './candidate-row.ts';
import { createColumns, type PlacedRow } from './columns.ts';
import type { CandidatePage } from './read-candidates.ts';
import type { Spool } from './spool.ts';

/** A part of the output, and how many candidates it holds. */
export interface Piece {
  text: string;
  rows: number;
}

export const FORMATS = ['csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

/** The format that a file's name asks for; else a table. */
export function formatByName(file = ''): Format {
  return /\.(?:ndjson|jsonl)$/i.test(file) ? 'ndjson' : 'csv';
}

/** By it Excel knows that the file is UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

/** How a table is written. */
export interface TableOptions extends Extras {
  /** Begin with a byte order mark. */
  bom?: boolean;
}

/**
 * A table with a head, as RFC 4180 has it. Its columns are known when all candidates have been read: until then its rows are in the
 * spool. So each candidate is read once, as it is at that moment, and no transaction stays open while the output is read.
 */
export async function* tablePieces(
  pages: AsyncIterable<CandidatePage>,
  spool: Spool<PlacedRow>,
  { bom = false, ...extras }: TableOptions = {},
): AsyncGenerator<Piece> {
  const columns = createColumns();
  for await (const { run, candidates } of pages) {
    const rows = candidates.map(({ json, firstSeenAt, lastSeenAt }) =>
      rowOf({ ...run, firstSeenAt, lastSeenAt, candidate: parseJson(json) as Candidate }, extras),
    );
    await spool.add(rows.map((row) => columns.place(row)));
  }
  yield { text: `${bom ? BYTE_ORDER_MARK : ''}${csvText([columns.header()])}`, rows: 0 };
  for await (const rows of spool.groups()) {
    yield { text: csvText(rows.map((row) => columns.cellsOf(row))), rows: rows.length };
  }
}

function csvText(rows: string[][]): string {
  return stringify(rows, { record_delimiter: '\r\n' });
}

/** A line of JSON for each candidate: the candidate as the API sent it, within what the store knows of it. */
export async function* linePieces(pages: AsyncIterable<CandidatePage>): AsyncGenerator<Piece> {
  for await (const { run, candidates } of pages) {
    const lines = candidates.map(({ json, firstSeenAt, lastSeenAt }) => {
      const times = { first_seen: isoTime(firstSeenAt), last_seen: isoTime(lastSeenAt) };
      const known = { findall_id: run.findallId, label: run.label, ...times };
      // Both parts are harmless already. To look through a candidate again takes as long as all the rest.
      return `${jsonText(known).slice(0, -1)},"candidate":${json}}\n`;
    });
    yield { text: lines.join(''), rows: candidates.length };
  }
}
