import { constants } from 'node:os';
import type { Command } from 'commander';
import { explainChanges, explainConfig, explainConfigAsJson } from '../../config/explain-config.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import { layOut } from '../../text/wrap-text.ts';
import { layoutFor } from '../output/layout.ts';
import { ConfigurationProblems } from '../../config/problems.ts';
import { EXIT } from '../../errors.ts';
import {
  type CommandContext,
  type CommonOptions,
  example,
  loadSettings,
  withPollOptions,
} from '../command-context.ts';
import { type OnlineTest, testOnline } from './check-online.ts';
import { testLines, verdictLines, warningsOf } from './check-verdict.ts';

interface CheckOptions extends CommonOptions {
  all?: boolean;
  online?: boolean;
  json?: boolean;
}

/**
 * `check`: whether the configuration holds, then what is in force, secrets masked, with where each value came from. `--online`
 * also tries whether it works from here.
 */
export function addCheck(program: Command, context: CommandContext): void {
  withPollOptions(program.command('check'))
    .summary('validate the configuration; --online tests it')
    .description('validate the configuration and print what differs from the defaults')
    .option('--all', 'print every setting, also the defaults')
    .option('--online', 'test key, API, store and sinks; sends no message')
    .option('--json', 'write one JSON object with every setting')
    .addHelpText(
      'after',
      `${example('findall-watch check --online')}\n` +
        'Exit codes: 0 valid (also with warnings), 1 an online test failed, 78 invalid.\n',
    )
    .action(async (options: CheckOptions) => {
      const loaded = loadOrReport(context, options);
      const tests = options.online === true ? await testUnlessInterrupted(context, loaded) : null;
      if (tests === 'interrupted') {
        const { signals } = constants;
        context.exitWith(128 + signals[context.interrupted.reason as NodeJS.Signals]);
        return;
      }
      context.stdout.write(
        options.json ? checkAsJson(loaded, tests) : checkAsText(context, loaded, { tests, ...options }),
      );
      if (tests?.some(({ ok }) => !ok)) context.exitWith(EXIT.testFailed);
    });
}

/** Problems are thrown as by every command; programs that asked for JSON get them as that too. */
function loadOrReport(context: CommandContext, options: CheckOptions): LoadedConfig {
  try {
    return loadSettings(context, options);
  } catch (error) {
    if (options.json && error instanceof ConfigurationProblems) {
      const { problems } = error;
      context.stdout.write(asJson({ verdict: 'problems', problems, warnings: [], file: null, values: [] }));
    }
    throw error;
  }
}

async function testUnlessInterrupted(
  context: CommandContext,
  { config }: LoadedConfig,
): Promise<OnlineTest[] | 'interrupted'> {
  try {
    return await testOnline(context, config);
  } catch (error) {
    if (!context.interrupted.aborted) throw error;
    return 'interrupted';
  }
}

function checkAsText(
  context: CommandContext,
  loaded: LoadedConfig,
  { tests, all = false }: { tests: OnlineTest[] | null; all?: boolean },
): string {
  const verdict = verdictLines(loaded, { warnings: warningsOf(loaded), tests, cwd: context.cwd() });
  const lines = layOut(
    [...verdict, ...(tests === null ? [] : ['', ...testLines(tests)])].map((line) => {
      const indent = line.length - line.trimStart().length;
      return { text: line.trimStart(), indent, hang: indent + 2 };
    }),
    layoutFor(context.stdout, context.env).width,
  );
  const head = `${lines.join('\n')}\n`;
  // The answers of the tests stay on the screen.
  if (tests !== null && !all) return head;
  return `${head}\n${all ? explainConfig(loaded) : changesOf(loaded)}`;
}

function changesOf(loaded: LoadedConfig): string {
  const changes = explainChanges(loaded);
  const rest = 'findall-watch check --all prints every setting.';
  if (changes === '') return `Every setting has its default; ${rest}\n`;
  return `Settings that differ from the defaults; ${rest}\n${changes}`;
}

function checkAsJson(loaded: LoadedConfig, tests: OnlineTest[] | null): string {
  return asJson({
    verdict: tests?.some(({ ok }) => !ok) ? 'failed' : 'ok',
    problems: [],
    warnings: warningsOf(loaded),
    ...(tests === null ? {} : { online: tests }),
    ...explainConfigAsJson(loaded),
  });
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
