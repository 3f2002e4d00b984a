import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Snapshot } from '../../src/model.ts';
import { parseSnapshot } from '../../src/poll/findall/parse-snapshot.ts';
import { eventually } from '../support/eventually.ts';
import { runProgram } from '../support/run-program.ts';
import { BENCHES } from './benches/benches.ts';
import { createBodies } from './bodies.ts';
import { RUN } from './contenders.ts';
import { measure } from './measure.ts';
import { tableOf, toRow } from './report.ts';
import { RESULTS_FILE, resultsPage } from './results-page.ts';
import { startOtherSide } from './start-other-side.ts';
import { judgeSoak, type SoakSample } from './soak/soak-verdict.ts';

/** Small enough to see that each runs, too small to mean anything. */
const SMALL = 0.01;

/** One of each kind of work: polls beside the other contenders, many runs at once, the simulator. */
const IN_THE_GATE = ['changed-10', 'latency', 'economy'];

// All of them: `npm run bench:smoke`.
describe('a bench runs and gives rows with numbers', () => {
  it.each(IN_THE_GATE)('%s', { timeout: 60_000 }, async (name) => {
    expect(BENCHES.has(name)).toBe(true);
    const rows = await measure(name, SMALL);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.bench).toBe(name);
      expect(row.ours).toEqual(expect.any(Number));
    }
  });
});

describe('npm run bench', () => {
  const bench = fileURLToPath(new URL('bench.ts', import.meta.url));

  it('refuses a name that it does not know and says which there are', async () => {
    const { code, stderr } = await runProgram(['warp'], { entry: bench });
    expect(code).toBe(64);
    expect(stderr).toContain('no bench warp; there are changed-10,');
  });

  it('prints a table and writes the rows to a file', { timeout: 60_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'findall-watch-bench-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'rows.json');
    const args = ['unchanged-10', '--scale', String(SMALL), '--json', file];
    const { code, stdout } = await runProgram(args, { entry: bench });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\| bench +\| unit +\| ours +\| loop +\| limit/);
    const [row] = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
    const keys = ['bench', 'unit', 'ours', 'loop', 'limit', 'ratioToLoop', 'ratioToLimit', 'aim', 'met'];
    expect(Object.keys(row ?? {})).toEqual(keys);
  });
});

describe('the page of results', () => {
  const machine = { cpu: 'Sample CPU', cores: 2, memoryGiB: 8, kernel: 'Linux 6.1 x64', node: 'v24.15.0' };
  const rows = [
    toRow({ bench: 'changed-1000', unit: 'snapshots/s', ours: 30, loop: 20, limit: 60 }),
    toRow({ bench: 'startup', unit: 'ms', ours: 250 }, { of: 'ours', atMost: 300 }),
  ];

  it('has the day, the machine, every row, and in short the rates of snapshots', () => {
    const page = resultsPage({ rows, day: '2026-11-24', machine, remark: 'The machine did nothing else.' });
    expect(page).toContain('on 2026-11-24, on one machine');
    expect(page).toContain('The machine did nothing else.');
    expect(page).toContain(
      '| CPU | Sample CPU |\n| cores | 2 |\n| memory | 8 GiB |\n| kernel | Linux 6.1 x64 |',
    );
    expect(page).toContain('| changed snapshots a second, 1,000 candidates | 1.5 | 0.5 |\n\n');
    expect(page).toContain(tableOf(rows));
  });

  it('says what was not recorded of the machine', () => {
    const page = resultsPage({
      rows,
      day: '2026-11-24',
      machine: { ...machine, cpu: null, memoryGiB: null },
    });
    expect(page).toContain('| CPU | not recorded |');
    expect(page).toContain('| memory | not recorded |');
  });

  it('in the repository has the table of every bench', () => {
    const page = readFileSync(RESULTS_FILE, 'utf8');
    const measured = new Set(
      [...page.matchAll(/^\| ([\w-]+) +\| .* \| (?:yes|NO)? +\|$/gm)].map(([, name]) => name),
    );
    expect(measured).toEqual(new Set(BENCHES.keys()));
  });

  it('is written of all benches at full size only', async () => {
    const entry = fileURLToPath(new URL('bench.ts', import.meta.url));
    const { code, stderr } = await runProgram(['--write', '--scale', '0.01'], { entry });
    expect(code).toBe(64);
    expect(stderr).toContain('neither names nor a scale');
  });
});

describe('npm run bench:replicas', () => {
  it('says how many polls and deliveries a second two replicas make', { timeout: 120_000 }, async () => {
    const entry = fileURLToPath(new URL('replicas.ts', import.meta.url));
    const args = ['--replicas', '2', '--runs', '10', '--seconds', '1'];
    const { code, stdout } = await runProgram(args, { entry });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\| 2 \| [1-9]\d* \| 1\.00 \| [1-9]\d* \| 1\.00 \|$/m);
  });
});

describe('a body', () => {
  const read = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as Snapshot;

  it('is an ordinary gzip stream of a snapshot', () => {
    const bodies = createBodies(30);
    const bytes = gunzipSync(bodies.gzipped(RUN, 7));
    expect(parseSnapshot(bytes, RUN).kind).toBe('snapshot');
    expect(read(bytes)).toEqual(read(bodies.plain(RUN, 7)));
  });

  it('changes in one candidate of a hundred from step to step', () => {
    const bodies = createBodies(300);
    const texts = (steps: number) =>
      read(bodies.plain(RUN, steps)).candidates.map((one) => JSON.stringify(one));
    const after = texts(106);
    expect(texts(105).filter((text, at) => text !== after[at])).toHaveLength(3);
  });
});

describe('the other side', () => {
  it('times a match from the snapshot that first had it, not from the poll before', async () => {
    const other = await startOtherSide();
    onTestFinished(() => other.close());
    const poll = async () => {
      const url = `${other.api({ candidates: 10, every: 1 })}/v1beta/findall/runs/${RUN}/result`;
      await (await fetch(url)).arrayBuffer();
    };
    await poll();
    const polledAt = performance.now();
    await eventually(() => performance.now() - polledAt > 200);
    const askedAt = performance.now();
    await poll();
    const event = { findall_id: RUN, type: 'findall.candidate.matched' };
    await fetch(other.hook, { method: 'POST', body: JSON.stringify(event) });
    const tookMs = performance.now() - askedAt;
    const { latenciesMs } = await other.stats();
    expect(latenciesMs).toHaveLength(1);
    expect(latenciesMs[0]).toBeLessThan(tookMs);
  });
});

describe('a row', () => {
  it('has ours in proportion to theirs, and meets its aims only when all are met', () => {
    const measured = { bench: 'b', unit: 'snapshots/s', ours: 30, loop: 10, limit: 60 };
    const loop = { of: 'ratioToLoop', atLeast: 1.5 } as const;
    const limit = { of: 'ratioToLimit', atLeast: 0.8 } as const;
    expect(toRow(measured, loop)).toMatchObject({
      ratioToLoop: 3,
      ratioToLimit: 0.5,
      aim: '≥ 1.5 × loop',
      met: true,
    });
    expect(toRow(measured, limit, loop)).toMatchObject({ met: false });
    expect(toRow(measured)).toMatchObject({ aim: null, met: null });
  });

  it('stands in a table under its heads', () => {
    const [head, , line] = tableOf([toRow({ bench: 'b', unit: 'ms', ours: 1234.5 })]).split('\n');
    expect(line).toMatch(/^\| b +\| ms +\| 1,235 +\|/);
    expect(line).toHaveLength(head?.length ?? 0);
  });
});

describe('the verdict of a soak', () => {
  const sample = (rssMb: number): SoakSample => ({
    ...{ rssMb, heapMb: 50, handles: 30, timers: 5, databaseMb: 10 },
    ...{ polls: 1, failedPolls: 0, events: 0, delivered: 0, failedAttempts: 0 },
  });
  const ofRss = (...values: number[]) =>
    judgeSoak(values.map(sample)).find(({ what }) => what === 'rssMb')?.level;

  it('is level when the last third is about the second, however much came in the first', () => {
    expect(ofRss(80, 150, 199, 200, 201, 203)).toBe(true);
  });

  it('is not when it goes on growing', () => {
    expect(ofRss(80, 100, 150, 200, 250, 300)).toBe(false);
  });

  it('is not without samples', () => {
    expect(judgeSoak([]).some(({ level }) => level)).toBe(false);
  });

  it('comes out of a soak of seconds', { timeout: 60_000 }, async () => {
    const soak = fileURLToPath(new URL('soak/soak.ts', import.meta.url));
    const { stdout } = await runProgram(['--minutes', '0.1', '--runs', '4'], { entry: soak });
    expect(stdout).toMatch(/rssMb .*\n(.*\n)*databaseMb .*\n0\.1 min, 4 runs: [1-9]\d* polls/);
  });
});
