import { existsSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import { openSqlite } from '../../record/sqlite/sqlite-database.ts';
import { createSqlStore } from '../../record/sql-store.ts';
import { type CommandContext, type CommonOptions, settingsOf, withStateOptions } from '../command-context.ts';
import type { Store } from '../../record/store.ts';
import { describeCandidate } from '../../sinks/kit/describe-candidate.ts';
import { cleanText } from '../../text/clean-text.ts';
import { newId } from '../new-id.ts';

/** More than these nobody reads through. */
const MOST = 200;

/**
 * `complete-values`: what the scripts of `completion` ask for at a press of TAB. It says nothing where nothing is to be
 * had, and neither makes a state file nor brings one up to date.
 */
export function addCompleteValues(program: Command, context: CommandContext): void {
  withStateOptions(program.command('complete-values', { hidden: true }))
    .addArgument(new Argument('<kind>').choices(KINDS))
    .option('--start <text>', 'how the value begins')
    .action(async (kind: Kind, options: ValuesOptions) => {
      const values = await valuesOf(kind, context, options).catch(() => []);
      context.stdout.write(values.map((value) => `${value}\n`).join(''));
    });
}

const KINDS = ['runs', 'candidates', 'sinks'] as const;
type Kind = (typeof KINDS)[number];

interface ValuesOptions extends CommonOptions {
  start?: string;
}

async function valuesOf(
  kind: Kind,
  context: CommandContext,
  { start = '', ...options }: ValuesOptions,
): Promise<string[]> {
  const { config } = settingsOf(context, options);
  if (kind === 'sinks') return config.sinks.map(({ name }) => name);
  if (!existsSync(config.store.path)) return [];
  const store = createSqlStore(await openSqlite(config.store.path, null), newId);
  try {
    const values =
      kind === 'runs' ? await runsThatBegin(store, start) : await candidatesThatBegin(store, start);
    return [...new Set(values)].slice(0, MOST);
  } finally {
    await store.close();
  }
}

/** Runs by their labels, those without one by their ids; by their ids when an id is begun. */
async function runsThatBegin(store: Store, start: string): Promise<string[]> {
  if (start.startsWith('findall_'))
    return await store.runIds({ idStart: start, latestFirst: true, limit: MOST });
  const names = (await store.runNames()).map(({ label, findallId }) => label ?? findallId);
  return names
    .map((name) => cleanText(name))
    .filter((name) => name.toLowerCase().startsWith(start.toLowerCase()));
}

async function candidatesThatBegin(store: Store, start: string): Promise<string[]> {
  const found = await store.findCandidates({ text: start, how: 'start', limit: MOST });
  return found.map(({ candidate }) => describeCandidate(candidate).name);
}
