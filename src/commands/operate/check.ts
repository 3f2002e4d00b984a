import type { Command } from 'commander';
import { explainConfig, explainConfigAsJson } from '../../config/explain-config.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  settingsOf,
  withPollOptions,
} from '../command-context.ts';

/** `check`: validates the configuration and prints what is in force, secrets masked, with where each value came from. */
export function addCheck(program: Command, context: CommandContext): void {
  withPollOptions(program.command('check'))
    .summary('validate and print the configuration')
    .description('validate the configuration and print each value with its origin')
    .option('--json', 'write one JSON object')
    .addHelpText('after', example('findall-watch check --config config/findall-watch.yaml'))
    .action((options: CommonOptions & { json?: boolean }) => {
      const loaded = settingsOf(context, options);
      for (const { name, why } of loaded.exposed) context.stderr.write(`findall-watch: ${name}: ${why}\n`);
      context.stdout.write(
        options.json ? `${JSON.stringify(explainConfigAsJson(loaded), null, 2)}\n` : explainConfig(loaded),
      );
    });
}
