import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { candidate } from '../../builders/model-builders.ts';
import { T0 } from '../../builders/record-builders.ts';
import { eventually } from '../../support/eventually.ts';
import { openFifo } from '../../support/fifo.ts';
import { openSandbox, type Sandbox } from '../../support/program-sandbox.ts';
import { MAIN, startProgram } from '../../support/run-program.ts';
import { fillState, recordCandidates } from './recorded.ts';

const [FIRST, SECOND] = [`findall_${'1'.repeat(32)}`, `findall_${'2'.repeat(32)}`];
const HOUR = 3_600_000;

/** Two runs: two matches and a candidate that is none; a newer match. */
async function openFilled(): Promise<Sandbox> {
  const sandbox = await openSandbox({ scenarios: [] });
  await fillState(sandbox.store, async (store) => {
    const lit = { lit_check: { value: 'yes', type: 'match_condition', is_matched: true } };
    const basis = [{ field: 'lit_check', confidence: 'high', citations: [{ url: 'https://a.example/1' }] }];
    await recordCandidates(
      store,
      FIRST,
      [
        candidate('c1', 'matched', { output: lit, basis }),
        candidate('c2', 'matched', { output: { keeper: { value: '=Ann', type: 'enrichment' } } }),
        candidate('c3', 'unmatched'),
      ],
      { label: 'north', now: T0 },
    );
    await recordCandidates(store, SECOND, [candidate('c4')], { label: 'south', now: Date.now() });
  });
  return sandbox;
}

/** The rows of a table by the names of its columns. */
const rowsOf = (text: string) => parse(text, { columns: true }) as Record<string, string>[];
const idsOf = (text: string) => rowsOf(text).map((row) => row.candidate_id);

describe('export', () => {
  test('writes the matches of all runs as a table', async () => {
    const { run } = await openFilled();
    const { code, stdout, stderr } = await run(['export']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const seen = new Date(T0).toISOString();
    expect(rowsOf(stdout).slice(0, 2)).toEqual([
      {
        ...{ candidate_id: 'c1', name: 'Lighthouse c1', url: 'https://c1.example', match_status: 'matched' },
        ...{ findall_id: FIRST, label: 'north', first_seen: seen, last_seen: seen },
        ...{ lit_check: 'yes', lit_check_matched: 'true', keeper: '' },
      },
      expect.objectContaining({ candidate_id: 'c2', lit_check: '', keeper: "'=Ann" }),
    ]);
    expect(idsOf(stdout)).toEqual(['c1', 'c2', 'c4']);
  });

  test.each([
    [
      ['--run', FIRST],
      ['c1', 'c2'],
    ],
    [
      ['--run', SECOND, '--run', FIRST, '--run', SECOND],
      ['c4', 'c1', 'c2'],
    ],
    [
      ['--run', SECOND, FIRST],
      ['c4', 'c1', 'c2'],
    ],
    [
      ['south', FIRST.slice(0, 12)],
      ['c4', 'c1', 'c2'],
    ],
    [['--label', 'south'], ['c4']],
    [['--status', 'unmatched'], ['c3']],
    [
      ['--status', 'unmatched', '--status', 'matched'],
      ['c1', 'c2', 'c3', 'c4'],
    ],
    [
      ['--status', 'all', '--label', 'north'],
      ['c1', 'c2', 'c3'],
    ],
    [['--status', 'discarded'], []],
    [['--since', '1h'], ['c4']],
    [['--since', new Date(T0 + HOUR).toISOString(), '--status', 'all'], ['c4']],
  ])('%j writes the candidates %j', async (options, ids) => {
    const { run } = await openFilled();
    const { code, stdout, stderr } = await run(['export', ...options]);
    expect({ code, stderr, ids: idsOf(stdout) }).toEqual({ code: 0, stderr: '', ids });
  });

  test('adds confidence and sources when they are asked for', async () => {
    const { run } = await openFilled();
    const { stdout } = await run(['export', '--confidence', '--sources', '--run', FIRST]);
    expect(rowsOf(stdout)[0]).toMatchObject({
      lit_check_confidence: 'high',
      lit_check_sources: 'https://a.example/1',
    });
  });

  test.each([
    { args: ['--label', 'west'], says: 'no run has the label "west"\n  findall-watch runs lists the runs' },
    {
      args: ['--run', FIRST, '--label', 'north'],
      says: "option '--label <text>' cannot be used with option",
    },
    { args: ['--run', FIRST, `findall_${'9'.repeat(32)}`], says: 'is not tracked' },
    {
      args: ['--status', 'match'],
      says: 'Allowed choices are generated, matched, unmatched, discarded, all',
    },
    { args: ['--format', 'xlsx'], says: 'Allowed choices are csv, ndjson' },
  ])('$args is a mistake in usage', async ({ args, says }) => {
    const { run } = await openFilled();
    const { code, stdout, stderr } = await run(['export', ...args]);
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });

  test('without any run writes the head of the table', async () => {
    const { run } = await openSandbox({ scenarios: [] });
    expect(await run(['export'])).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: expect.stringMatching(/^candidate_id,[a-z_,]+\r\n$/) as string,
    });
  });
});

describe('export to a file', () => {
  test('writes nothing on stdout, says how many rows went where, and takes the format from the name', async () => {
    const { run, directory } = await openFilled();
    const path = join(directory, 'out.ndjson');
    expect(await run(['export', '--output', 'out.ndjson', '--run', FIRST])).toMatchObject({
      ...{ code: 0, stdout: '', stderr: `2 candidates written to ${path}\n` },
    });
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        findall_id: FIRST,
        label: 'north',
        candidate: expect.objectContaining({ candidate_id: 'c1' }) as unknown,
      }),
      expect.anything(),
    ]);
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    const named = await run(['export', '--output', 'table.ndjson', '--format', 'csv', '--run', SECOND]);
    expect(named.stderr).toBe(`1 candidate written to ${join(directory, 'table.ndjson')}\n`);
    expect(idsOf(readFileSync(join(directory, 'table.ndjson'), 'utf8'))).toEqual(['c4']);
  });

  test('replaces a file only with --force, and never the state', async () => {
    const { run, directory, store } = await openFilled();
    writeFileSync(join(directory, 'out.csv'), 'mine');
    const refused = await run(['export', '--output', 'out.csv']);
    expect(refused).toMatchObject({ code: 64, stdout: '' });
    expect(refused.stderr).toContain(
      'out.csv is there already\n  choose another file, or replace it with --force',
    );
    expect(readFileSync(join(directory, 'out.csv'), 'utf8')).toBe('mine');

    expect(await run(['export', '--output', 'out.csv', '--force'])).toMatchObject({ code: 0 });
    expect(idsOf(readFileSync(join(directory, 'out.csv'), 'utf8'))).toEqual(['c1', 'c2', 'c4']);

    symlinkSync(store, join(directory, 'link.csv'));
    for (const name of [store, `${store}-wal`, 'link.csv'])
      expect((await run(['export', '--output', name, '--force'])).stderr).toContain(
        'belongs to the state itself',
      );
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    const pipe = await run(['export', '--output', 'pipe', '--force']);
    expect(pipe).toMatchObject({ code: 64, stderr: expect.stringContaining('pipe is not a file') as string });
    expect(idsOf((await run(['export'])).stdout)).toHaveLength(3);
  });

  test('that is killed in the middle leaves no file under its name', async () => {
    const { run, start, directory, store } = await openFilled();
    await fillLarge(store);
    const isBegun = () => readdirSync(directory).some((name) => name.endsWith('.part'));
    const program = start(['export', '--output', 'out.csv']);
    await eventually(isBegun);
    program.kill('SIGKILL');
    expect(await program.exited).toMatchObject({ signal: 'SIGKILL' });
    expect(existsSync(join(directory, 'out.csv'))).toBe(false);

    expect(await run(['export', '--output', 'out.csv'])).toMatchObject({ code: 0 });
    expect(idsOf(readFileSync(join(directory, 'out.csv'), 'utf8'))).toHaveLength(MANY + 3);
  });

  test('that is interrupted leaves nothing behind, and ends with the code of the signal', async () => {
    const { start, directory, store } = await openFilled();
    await fillLarge(store);
    const program = start(['export', '--output', 'out.csv']);
    await eventually(() => readdirSync(directory).some((name) => name.endsWith('.part')));
    program.kill('SIGTERM');
    expect(await program.exited).toEqual({ code: 143, signal: null });
    expect({ stdout: program.stdout(), stderr: program.stderr() }).toEqual({ stdout: '', stderr: '' });
    expect(readdirSync(directory).filter((name) => /out|export/.test(name))).toEqual([]);
  });
});

const MANY = 4000;

/** Adds matches whose export is 20 MB. */
async function fillLarge(path: string): Promise<void> {
  const output = { text: { value: 'x'.repeat(5000) } };
  const many = Array.from({ length: MANY }, (_, n) => candidate(`d${n}`, 'matched', { output }));
  await fillState(path, (store) => recordCandidates(store, `findall_${'3'.repeat(32)}`, many));
}

describe('export to a pipe', () => {
  test.each(['csv', 'ndjson'])('whose reader has enough ends quietly: %s', async (format) => {
    const { env, directory, store } = await openFilled();
    await fillLarge(store);
    const script = `set -o pipefail; "$0" "$1" export --format ${format} | head -n 2; echo "code $?" >&2`;
    const ended = execFileSync(
      'bash',
      ['-c', `${script} 2>&1`.replace('>&2 2>&1', ''), process.execPath, MAIN],
      {
        ...{ cwd: directory, encoding: 'utf8' as const },
        env: { PATH: process.env.PATH ?? '', ...env },
      },
    );
    expect(ended.split('\n').slice(2)).toEqual(['code 141', '']);
  });

  test('that holds a small part of it gets all of it', async () => {
    const { env, directory, store } = await openFilled();
    await fillLarge(store);
    const fifo = openFifo();
    const args = ['export', '--format', 'ndjson'];
    const program = startProgram(args, { env, cwd: directory, stdout: fifo.writeEnd });
    fifo.closeWriteEnd();
    fifo.read();
    expect(await program.exited).toEqual({ code: 0, signal: null });
    await fifo.ended;
    expect(fifo.text().split('\n')).toHaveLength(MANY + 4);
  });
});
