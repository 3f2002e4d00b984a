import type { Command } from 'commander';
import type { Random } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { EXIT, OperatorError } from '../errors.ts';

/** What a command gets from the process around it; nothing below `main.ts` reads `process`. */
export interface CommandContext {
  /** How this program is started: Node, and the file that it runs. */
  self: readonly [node: string, program: string];
  env: Record<string, string | undefined>;
  /** The working directory, asked for when it is needed: it may have been deleted, and then this throws. */
  cwd(): string;
  stdout: Output;
  stderr: Output;
  clock: Clock;
  random: Random;
  /** Aborted by the first SIGINT or SIGTERM, with the signal's name as reason. */
  interrupted: AbortSignal;
  /** Asks the person at the terminal; null where nobody can be asked. Rejects when the answer is interrupted. */
  confirm(question: string): Promise<boolean | null>;
  /** Takes over what a signal does: by itself it would end the process. */
  onSignal(signal: 'SIGHUP' | 'SIGUSR2', listener: () => void): void;
  /** Ends the process at the end of the command with this code. */
  exitWith(code: number): void;
}

/** The part of a write stream that commands use. */
export interface Output {
  /** False: what it was given is not read yet, and `drain` follows when it is. */
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
  rows?: number;
}

/** Options that every command with a configuration takes. */
export interface CommonOptions {
  config?: string;
  store?: string;
  logLevel?: string;
  interval?: string;
  maxInterval?: string;
  linger?: string;
  baseUrl?: string;
}

/** Adds where configuration and state are. */
export function withStateOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file')
    .option('--store <file>', 'state file or PostgreSQL URL (default: see config/reference.md)');
}

/** Adds the options of a command that polls. */
export function withPollOptions(command: Command): Command {
  return withStateOptions(command)
    .option('--interval <duration>', 'time between polls while things change, such as 5s')
    .option('--max-interval <duration>', 'longest time between polls while nothing changes')
    .option('--linger <duration>', 'time an ended run is still watched; 0s: not at all')
    .option('--base-url <url>', 'URL of the FindAll API')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent');
}

/**
 * The configuration as the command line, environment and file give it. Throws OperatorError with every problem. What of the
 * working directory is not trusted is named on standard error.
 */
export function settingsOf(context: CommandContext, options: CommonOptions): LoadedConfig {
  const loaded = loadSettings(context, options);
  for (const refused of loaded.here.refused) context.stderr.write(`findall-watch: ${notRead(refused)}\n`);
  return loaded;
}

/** The same, and nothing is written. */
export function loadSettings(context: CommandContext, options: CommonOptions): LoadedConfig {
  const { config, store, logLevel, interval, maxInterval, linger, baseUrl } = options;
  const given = { config, store, logLevel, interval, maxInterval, linger, baseUrl };
  return loadConfig({ env: context.env, cwd: context.cwd(), flags: given });
}

/** Says of a file of the working directory that it does not count. */
export function notRead({ name, why }: LoadedConfig['here']['refused'][number]): string {
  return `./${name} is not read: ${why}`;
}

/** The key, or the way to get going without one. */
export function requireKey(key: string | null): string {
  if (key !== null) return key;
  throw new OperatorError(EXIT.configuration, 'no API key: set PARALLEL_API_KEY', {
    hint: 'or PARALLEL_API_KEY_FILE, or api.key in the configuration file. To see it work without a key: findall-watch demo',
  });
}

/** Text for the end of `--help`. */
export function example(...lines: string[]): string {
  return `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
