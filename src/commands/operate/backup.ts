import { constants } from 'node:os';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, OperatorError } from '../../errors.ts';
import { backUp } from '../../record/upkeep/back-up.ts';
import { isPostgres, shownPlace } from '../../record/store-place.ts';
import { fileToWrite } from '../arguments/file-to-write.ts';
import { type CommandContext, type CommonOptions, settingsOf, withStateOptions } from '../command-context.ts';
import { createSay } from '../output/layout.ts';

interface BackupOptions extends CommonOptions {
  force?: boolean;
}

const RESTORE = `
Example:
  findall-watch backup /var/backups/findall-watch.db

To restore it: stop the daemon, remove watch.db, watch.db-wal and watch.db-shm
from the state directory, copy the backup there as watch.db, start the daemon.
`;

/** `backup FILE`: the state as it is now, in one file. */
export function addBackup(program: Command, context: CommandContext): void {
  withStateOptions(program.command('backup'))
    .summary('copy the state to a file, also while serve runs')
    .description('write a copy of the state to a file, also while serve runs')
    .argument('<file>', 'file to write; only its owner can read it')
    .option('--force', 'replace the file if it exists')
    .addHelpText('after', RESTORE)
    .action((file: string, options: BackupOptions) => backup(context, file, options));
}

async function backup(context: CommandContext, file: string, options: BackupOptions): Promise<void> {
  const { clock, cwd, interrupted } = context;
  const from = settingsOf(context, options).config.store.path;
  if (isPostgres(from)) {
    throw new OperatorError(EXIT.usage, `the state is in ${shownPlace(from)}: backup copies a file`, {
      hint: 'back the database up with pg_dump, or as all your databases; store migrate makes a file of it',
    });
  }
  const to = fileToWrite(resolve(cwd(), file), { state: from, force: options.force === true });
  const startedAt = clock.now();
  try {
    await backUp(from, to, () => interrupted.throwIfAborted());
  } catch (error) {
    if (interrupted.aborted) {
      context.exitWith(128 + constants.signals[interrupted.reason as NodeJS.Signals]);
      return;
    }
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(EXIT.stateCannotBeWritten, `cannot write the backup ${to}: ${messageOf(error)}`, {
      hint: 'nothing is left of it: see that its directory is there, writable, and has room for it',
      cause: error,
    });
  }
  const took = clock.now() - startedAt;
  createSay(context)(`${to}: ${inMebibytes(statSync(to).size)} written in ${took} ms`);
}

function inMebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
