import { constants, tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Config } from '../../config/config.ts';
import type { Store } from '../../record/store.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { quote } from '../../text/quote.ts';
import { parseSince } from '../arguments/choose-events.ts';
import { fileToWrite } from '../arguments/file-to-write.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { newId } from '../new-id.ts';
import { withStore } from '../with-store.ts';
import type { PlacedRow } from './columns.ts';
import { type Format, formatByName, FORMATS, linePieces, type Piece, tablePieces } from './formats.ts';
import { type CandidatePage, readCandidates } from './read-candidates.ts';
import { openSpool } from './spool.ts';
import { writeToFile, writeToOutput } from './write-pieces.ts';

interface ExportOptions extends CommonOptions {
  run?: string[];
  label?: string;
  status?: string[];
  since?: number;
  format?: Format;
  output?: string;
  force?: boolean;
  confidence?: boolean;
  sources?: boolean;
  bom?: boolean;
}

/** Names of files that would not be what they are called. */
const SPREADSHEET = /\.(?:xlsx?|ods|numbers)$/i;
const ALL = 'all';
const STATUSES = ['generated', 'matched', 'unmatched', 'discarded', ALL];

/** `export`: the candidates of runs as a table or as lines of JSON. */
export function addExport(program: Command, context: CommandContext): void {
  withStateOptions(program.command('export'))
    .description('write the matches of runs as CSV or lines of JSON')
    .argument('[run...]')
    .option('--run <run...>', 'only these runs; also as arguments (default: all)')
    .addOption(new Option('--label <text>', 'only runs with this label').conflicts('run'))
    .addOption(new Option('--status <status...>', 'match statuses (default: matched)').choices(STATUSES))
    .option('--since <time>', 'only candidates first seen since then, such as 7d', (text) =>
      parseSince(text, context),
    )
    .addOption(new Option('--format <format>', 'default: by the file name').choices(FORMATS))
    .option('--output <file>', 'write a file; only its owner can read it (-: stdout)')
    .option('--force', 'replace the file if it exists')
    .option('--confidence', 'add columns with the confidence')
    .option('--sources', 'add columns with the cited pages')
    .option('--bom', 'begin with a byte order mark, for Excel')
    .addHelpText('after', example('findall-watch export week-47 --output week-47.csv'))
    .action((runs: string[], options: ExportOptions) => {
      const run = [...runs, ...(options.run ?? [])];
      const chosen = run.length === 0 ? options : { ...options, run };
      if (runs.length > 0 && options.label !== undefined)
        throw new OperatorError(EXIT.usage, 'name either runs or a label, not both');
      return withStore(context, options, (store, config) => exportCandidates(context, store, config, chosen));
    });
}

async function exportCandidates(
  context: CommandContext,
  store: Store,
  config: Config,
  options: ExportOptions,
): Promise<void> {
  const { interrupted, cwd, stdout, stderr } = context;
  const { output, force = false } = options;
  if (SPREADSHEET.test(output ?? '')) {
    throw new OperatorError(EXIT.usage, `export writes no spreadsheet: saw ${quote(output ?? '')}`, {
      hint: 'write .csv, which spreadsheets open; --bom helps Excel',
    });
  }
  const file =
    output === undefined || output === '-'
      ? null
      : fileToWrite(resolve(cwd(), output), { state: config.store.path, force });
  const { run, label, since, status = ['matched'] } = options;
  const choice = {
    ...(run === undefined ? {} : { run }),
    ...(label === undefined ? {} : { label }),
    ...(since === undefined ? {} : { since }),
    ...(status.includes(ALL) ? {} : { statuses: status }),
  };
  const pages = readCandidates(store, choice, interrupted);
  const pieces = piecesOf(pages, options, file === null ? tmpdir() : dirname(file));
  try {
    if (file === null) return await writeToOutput(stdout, pieces, interrupted);
    const rows = await writeToFile(file, pieces, interrupted);
    stderr.write(`${rows} ${rows === 1 ? 'candidate' : 'candidates'} written to ${file}\n`);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    context.exitWith(128 + constants.signals[interrupted.reason as NodeJS.Signals]);
  }
}

/** `directory`: where a table waits until all of its columns are known. */
async function* piecesOf(
  pages: AsyncIterable<CandidatePage>,
  { format, output, confidence = false, sources = false, bom = false }: ExportOptions,
  directory: string,
): AsyncGenerator<Piece> {
  if ((format ?? formatByName(output)) === 'ndjson') return yield* linePieces(pages);
  await using spool = await openSpool<PlacedRow>(directory, newId());
  yield* tablePieces(pages, spool, { confidence, sources, bom });
}
