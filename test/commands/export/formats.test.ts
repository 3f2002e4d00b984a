import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowOf } from '../../../src/commands/export/candidate-row.ts';
import { formatByName, linePieces, type Piece, tablePieces } from '../../../src/commands/export/formats.ts';
import { type CandidatePage, readCandidates } from '../../../src/commands/export/read-candidates.ts';
import { openSpool } from '../../../src/commands/export/spool.ts';
import type { Candidate } from '../../../src/model.ts';
import { harmlessJson } from '../../../src/text/harmless-json.ts';
import { openTempStore, tempDirectory } from '../../builders/temp-store.ts';
import { candidate } from '../../builders/model-builders.ts';
import { HOSTILE } from '../../sinks/hostile.ts';
import { recordCandidates } from './recorded.ts';

const RUN = { findallId: 'findall_1', label: 'lights; "=1"' };
const TIMES = { firstSeenAt: 1, lastSeenAt: null };

async function* pagesOf(candidates: readonly Candidate[]): AsyncGenerator<CandidatePage> {
  for (let from = 0; from < candidates.length; from += 3) {
    const some = candidates.slice(from, from + 3);
    const stored = some.map((one) => ({ key: '', json: harmlessJson(JSON.stringify(one)), ...TIMES }));
    yield { run: RUN, candidates: stored };
  }
}

async function textOf(pieces: AsyncIterable<Piece>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece.text;
  return text;
}

async function tableOf(pages: AsyncIterable<CandidatePage>, options = {}): Promise<string> {
  await using spool = await openSpool<never>(await tempDirectory(), 'one');
  return await textOf(tablePieces(pages, spool, options));
}

/** The rows of a table as objects by the names of its columns. Fails on rows of different lengths and on repeated names. */
function rowsOf(text: string): Record<string, string>[] {
  const [head = [], ...rows] = parse(text, { relax_column_count: false });
  expect(new Set(head).size).toBe(head.length);
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [head[index] ?? '', cell])));
}

const anyText = fc.oneof(
  fc.constantFrom(...Object.values(HOSTILE)),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const anyField = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  anyText,
  fc.record({ value: fc.oneof(anyText, fc.jsonValue({ maxDepth: 1 })), is_matched: fc.boolean() }),
);
/** Neither names of fixed columns nor of parts, which get other names: `columns.test.ts` is about these. */
const FIELDS = ['tall', 'lit', 'keeper', '__proto__', 'with,comma', 'with "quotes"', '-built'];
const NAMES = new Map(FIELDS.map((field) => [field, field === '-built' ? "'-built" : field]));
const anyOutput = fc.uniqueArray(fc.tuple(fc.constantFrom(...FIELDS), anyField), {
  selector: ([field]) => field,
});
const anyCandidate = fc.record({
  ...{ candidate_id: anyText, name: fc.oneof(anyText, fc.jsonValue({ maxDepth: 1 })), url: anyText },
  match_status: fc.constantFrom('matched', 'unmatched'),
  output: anyOutput.map((entries) => Object.fromEntries(entries)),
}) as fc.Arbitrary<Candidate>;

describe('a table', () => {
  test('reads back as what its rows say, for any candidates', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCandidate, { maxLength: 8 }), async (candidates) => {
        const rows = rowsOf(await tableOf(pagesOf(candidates)));

        expect(rows).toHaveLength(candidates.length);
        for (const [index, row] of rows.entries()) {
          const json = harmlessJson(JSON.stringify(candidates[index]));
          const { fixed, fields } = rowOf({ ...RUN, ...TIMES, candidate: JSON.parse(json) as Candidate });
          expect(Object.values(row).slice(0, fixed.length)).toEqual(fixed);
          const filled = Object.entries(row)
            .slice(fixed.length)
            .filter(([, cell]) => cell !== '');
          const said = fields.flatMap(({ field, cells: { value = '', matched } }) => {
            const name = NAMES.get(field) ?? '';
            return [
              ...(value === '' ? [] : [[name, value]]),
              ...(matched ? [[`${name}_matched`, matched]] : []),
            ];
          });
          expect(new Map(filled)).toEqual(new Map(said as [string, string][]));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('ends its lines as RFC 4180 says, and has a head without rows', async () => {
    const text = await tableOf(pagesOf([]));
    expect(text).toBe('candidate_id,name,url,match_status,findall_id,label,first_seen,last_seen\r\n');
    const one = await tableOf(pagesOf([candidate('c1', 'matched', { output: { size: 'a, "b"' } })]));
    expect(one.endsWith(',"a, ""b"""\r\n')).toBe(true);
    expect(one.split('\r\n')).toHaveLength(3);
  });

  test('begins with a byte order mark only if that is wanted', async () => {
    expect((await tableOf(pagesOf([]), { bom: true })).startsWith('\ufeffcandidate_id,')).toBe(true);
    expect(await tableOf(pagesOf([]))).toMatch(/^candidate_id,/);
  });

  test('is whole while a daemon records: each candidate once, every row with all columns', async () => {
    const store = await openTempStore();
    const named = (n: number, field: string) =>
      candidate(`c${String(n).padStart(4, '0')}`, 'matched', { output: { [field]: String(n) } });
    const first = Array.from({ length: 250 }, (_, n) => named(n * 2, 'before'));
    await recordCandidates(store, 'findall_1', first);
    async function* pagesWhileRecording(): AsyncGenerator<CandidatePage> {
      for await (const page of readCandidates(store, {}, new AbortController().signal)) {
        yield page;
        // Every candidate says something else now, and there are new ones before and behind.
        const changed = Array.from({ length: 500 }, (_, n) => named(n, 'after'));
        await recordCandidates(store, 'findall_1', changed);
      }
    }

    const rows = rowsOf(await tableOf(pagesWhileRecording()));

    const ids = rows.map((row) => row.candidate_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(first.filter((one) => !ids.includes(one.candidate_id))).toEqual([]);
    const said = rows.map(({ candidate_id: id, before, after }) => [
      id,
      [before, after].filter((cell) => cell !== ''),
    ]);
    expect(said).toEqual(ids.map((id) => [id, [String(Number(id?.slice(1)))]]));
  });
});

describe('lines of JSON', () => {
  test('hold each candidate byte by byte as the store gives it out', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCandidate, { maxLength: 8 }), async (candidates) => {
        const lines = (await textOf(linePieces(pagesOf(candidates)))).split('\n');

        expect(lines.pop()).toBe('');
        const known =
          '"findall_id":"findall_1","label":"lights; \\"=1\\"","first_seen":"1970-01-01T00:00:00.001Z"';
        expect(lines).toEqual(
          candidates.map(
            (one) => `{${known},"last_seen":null,"candidate":${harmlessJson(JSON.stringify(one))}}`,
          ),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('keep what a parser would lose: digits, the order of keys, the spelling of texts', async () => {
    const store = await openTempStore();
    const json = String.raw`{"candidate_id":"c1","match_status":"matched","name":"Gr\u00e5","2":1.50,"1":9007199254740993123}`;
    await recordCandidates(store, 'findall_1', [json]);

    const text = await textOf(linePieces(readCandidates(store, {}, new AbortController().signal)));

    expect(text.endsWith(`"candidate":${json}}\n`)).toBe(true);
  });
});

test.each([
  [undefined, 'csv'],
  ['matches.csv', 'csv'],
  ['matches', 'csv'],
  ['matches.ndjson', 'ndjson'],
  ['MATCHES.JSONL', 'ndjson'],
])('the format of %s is %s', (name, format) => {
  expect(formatByName(name)).toBe(format);
});
