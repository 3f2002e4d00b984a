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
    .action(async (kind: 'runs' | 'sinks', options: CommonOptions) => {
      const values = await valuesOf(kind, context, options).catch(() => []);
      context.stdout.write(values.map((value) => `${value}\n`).join(''));
    });
}

async function valuesOf(
  kind: 'runs' | 'sinks',
  context: CommandContext,
  options: CommonOptions,
): Promise<string[]> {
  const { config } = settingsOf(context, options);
  if (kind === 'sinks') return config.sinks.map(({ name }) => name);
  if (!existsSync(config.store.path)) return [];
  const store = createSqlStore(await openSqlite(config.store.path, null), newId);
  try {
    const runs = await store.runs();
    return runs
      .toSorted((one, other) => other.trackedAt - one.trackedAt)
      .slice(0, MOST)
      .map(({ findallId }) => findallId);
  } finally {
    await store.close();
  }
}
