import type { Command } from 'commander';
import type { Config } from '../../config/config.ts';
import { EXIT } from '../../errors.ts';
import type { Store } from '../../record/store.ts';
import { jsonLine } from '../../text/json-line.ts';
import { type CommandContext, type CommonOptions, example, withStateOptions } from '../command-context.ts';
import { layoutFor } from '../output/layout.ts';
import { withStore } from '../with-store.ts';
import { readStatusFacts } from './status-facts.ts';
import { statusProblems } from './status-problems.ts';
import { statusJson, statusLines } from './status-text.ts';

const STATUS_NOTES = `
Works while no daemon is running, and says so.
Exit codes: 0 nothing needs attention, 1 something does.
`;

/** `status`: whether everything works, and what to do where it does not. */
export function addStatus(program: Command, context: CommandContext): void {
  withStateOptions(program.command('status'))
    .summary('show whether everything works, and what to do')
    .description('show whether everything works, and what to do where it does not')
    .option('--json', 'write one JSON object')
    .addHelpText('after', example('findall-watch status') + STATUS_NOTES)
    .action((options: CommonOptions & { json?: boolean }) =>
      withStore(context, options, (store, config, shared) => showStatus(shared, store, config, options)),
    );
}

async function showStatus(
  { stdout, env, clock, exitWith }: CommandContext,
  store: Store,
  config: Config,
  { json }: { json?: boolean },
): Promise<void> {
  const facts = await readStatusFacts(store, config, clock.now());
  stdout.write(
    json
      ? jsonLine(statusJson(facts))
      : `${statusLines(facts, clock.now(), layoutFor(stdout, env)).join('\n')}\n`,
  );
  exitWith(statusProblems(facts).length === 0 ? EXIT.ok : EXIT.needsAttention);
}
