/** The page with the figures of the bench: `RESULTS.md`. `npm run bench -- --write` writes it. */
import { arch, cpus, release, totalmem, type } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Row, tableOf } from './report.ts';

/** Where the page is. */
export const RESULTS_FILE = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/** The machine that figures come from. What was not recorded is null. */
export interface Machine {
  cpu: string | null;
  cores: number | null;
  memoryGiB: number | null;
  kernel: string | null;
  node: string | null;
}

export interface Results {
  rows: readonly Row[];
  /** The day of the run, as in 2026-11-24. */
  day: string;
  machine: Machine;
  /** What a reader must know of the run beside the figures, in whole sentences. */
  remark?: string;
}

/** The page as Markdown. Pure: the same results give the same page. */
export function resultsPage({ rows, day, machine, remark }: Results): string {
  const paragraphs = [
    '# Performance figures',
    '<!-- `npm run bench -- --write` writes this page. Do not edit it by hand. -->',
    `One run of \`npm run bench\` on ${day}, on one machine. Compare the ratios, not the absolute figures: another machine gives other absolute figures.`,
    ...(remark === undefined ? [] : [remark]),
    machineTable(machine),
    '## In short',
    shortTable(rows),
    '## All figures',
    [
      '- **ours**: findall-watch as `serve` runs it, on SQLite, with every commit synced to the disk.',
      '- **loop**: a loop around the official SDK `parallel-web`, which keeps its results in memory only.',
      '- **limit**: a bare HTTP request with `gunzip` and `JSON.parse`, unless [the table of benches](../README.md#the-bench) names another.',
      '- **× loop**, **× limit**: ours divided by theirs. For a rate, more is better. For time and memory, less is better.',
      '- **aim**, **met**: the bound that this row has to keep, and whether this run kept it.',
    ].join('\n'),
    tableOf(rows),
    '[test/README.md](../README.md#the-bench) says what each bench measures, and what limits the rows whose aim is not met.',
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? null,
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()} ${arch()}`,
    node: process.version,
  };
}

function machineTable({ cpu, cores, memoryGiB, kernel, node }: Machine): string {
  const rows = [
    ['CPU', cpu],
    ['cores', cores],
    ['memory', memoryGiB === null ? null : `${memoryGiB} GiB`],
    ['kernel', kernel],
    ['Node', node],
  ];
  return [
    '| machine | |',
    '| --- | --- |',
    ...rows.map(([name, value]) => `| ${name} | ${value ?? 'not recorded'} |`),
  ].join('\n');
}

/** The rates of snapshots beside the loop and the bare request: the figures that most readers look for. */
function shortTable(rows: readonly Row[]): string {
  const ofSnapshots = rows.filter(({ unit }) => unit === 'snapshots/s');
  const lines = ofSnapshots.map(({ bench, ratioToLoop, ratioToLimit }) => {
    const [kind, candidates] = bench.split('-');
    return `| ${kind} snapshots a second, ${Number(candidates).toLocaleString('en-US')} candidates | ${ratio(ratioToLoop)} | ${ratio(ratioToLimit)} |`;
  });
  return ['| | × the loop | × the bare request |', '| --- | --- | --- |', ...lines].join('\n');
}

function ratio(value: number | null): string {
  return value === null ? '' : String(Number(value.toPrecision(2)));
}
