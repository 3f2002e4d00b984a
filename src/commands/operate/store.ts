import { constants } from 'node:os';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withLibpqVariables } from '../../config/forms/postgres-url.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { moveStore } from '../../record/upkeep/move-store.ts';
import { isPostgres, shownPlace } from '../../record/store-place.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  settingsOf,
  withStateOptions,
} from '../command-context.ts';
import { createSay } from '../output/layout.ts';

/** `store migrate FROM`: the whole state from a file into a database, or back. */
export function addStore(program: Command, context: CommandContext): void {
  const store = program.command('store').description('copy the state into another database');
  withStateOptions(store.command('migrate'))
    .description('copy the state at FROM into the configured, empty store; FROM stays unchanged')
    .argument('<from>', 'a state file, or postgres://USER@HOST/DATABASE with the password in PGPASSWORD')
    .addHelpText(
      'after',
      example(
        'FINDALL_WATCH_STORE=postgres://… findall-watch store migrate /var/lib/findall-watch/watch.db',
        'PGPASSWORD=… findall-watch store migrate postgres://watch@db/watch --store watch.db',
      ),
    )
    .action((from: string, options: CommonOptions) => migrate(context, from, options));
}

async function migrate(context: CommandContext, given: string, options: CommonOptions): Promise<void> {
  const { clock, cwd, env, interrupted } = context;
  const to = settingsOf(context, options).config.store.path;
  const from =
    isPostgres(given) && URL.canParse(given) ? withLibpqVariables(given, env) : resolve(cwd(), given);
  if (!isPostgres(from) && !existsSync(from)) {
    throw new OperatorError(EXIT.usage, `there is no state in ${from}`, { hint: 'name the state to move' });
  }
  const startedAt = clock.now();
  try {
    const { runs, candidates, events, deliveries, pending } = await moveStore(from, to, () =>
      interrupted.throwIfAborted(),
    );
    const say = createSay(context);
    say(
      `${runs} runs, ${candidates} candidates, ${events} events, ${deliveries} deliveries (${pending} pending) ` +
        `from ${shownPlace(from)} to ${shownPlace(to)} in ${clock.now() - startedAt} ms`,
    );
    say(`start nothing on ${shownPlace(from)} any more: it would send duplicate notifications`);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    context.exitWith(128 + constants.signals[interrupted.reason as NodeJS.Signals]);
  }
}
