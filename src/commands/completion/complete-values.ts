import { existsSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import { openSqlite } from '../../record/sqlite/sqlite-database.ts';
import { createSqlStore } from '../../record/sql-store.ts';
import { type CommandContext, type CommonOptions, settingsOf, withStateOptions } from '../command-context.ts';
import { newId } from '../new-id.ts';

/** More than these nobody reads through. */
const MOST = 200;

/**
 * `complete-values`: what the scripts of `completion` ask for at a press of TAB. It says nothing where nothing is to be
 * had, and neither makes a state file nor brings one up to date.
 */
export function addCompleteValues(program: Command, context: CommandContext): void {
  withStateOptions(program.command('complete-values', { hidden: true }))
    .addArgument(new Argument('<kind>').choices(['runs', 'sinks']))
    .option('--start <text>', 'how a run begins')
    .action(async (kind: 'runs' | 'sinks', options: ValuesOptions) => {
      const values = await valuesOf(kind, context, options).catch(() => []);
      context.stdout.write(values.map((value) => `${value}\n`).join(''));
    });
}

interface ValuesOptions extends CommonOptions {
  start?: string;
}

async function valuesOf(
  kind: 'runs' | 'sinks',
  context: CommandContext,
  { start, ...options }: ValuesOptions,
): Promise<string[]> {
  const { config } = settingsOf(context, options);
  if (kind === 'sinks') return config.sinks.map(({ name }) => name);
  if (!existsSync(config.store.path)) return [];
  const store = createSqlStore(await openSqlite(config.store.path, null), newId);
  try {
    return await store.runIds({ idStart: start ?? '', latestFirst: true, limit: MOST });
  } finally {
    await store.close();
  }
}
