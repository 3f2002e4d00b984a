/** What `check` says of a configuration that holds. Pure. */
import { displayPath } from '../../config/reading/config-file.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import { notRead } from '../command-context.ts';
import type { OnlineTest } from './check-online.ts';

/** Sinks that the verdict names. */
const NAMED = 8;

/** What somebody should know of a configuration that can be used, a sentence each, with what to do. */
export function warningsOf({ config, exposed, here }: LoadedConfig): string[] {
  return [
    ...here.refused.map(notRead),
    ...exposed.map(({ name, why }) => `${name}: ${why}`),
    ...(config.api.key === null
      ? ['no API key: serve and follow need one; set PARALLEL_API_KEY, or PARALLEL_API_KEY_FILE']
      : []),
    ...sinkWarnings(config.sinks),
  ];
}

function sinkWarnings(sinks: LoadedConfig['config']['sinks']): string[] {
  const others = 'findall-watch init --help lists the types of sinks';
  if (sinks.length === 0) return [`no sink: events are recorded and delivered nowhere; ${others}`];
  return sinks.every(({ type }) => type === 'log')
    ? [`no sink besides the log: events are only written to standard output; ${others}`]
    : [];
}

/** The verdict in one line, and a line for each warning. `tests` is null where none were made. */
export function verdictLines(
  { config, file }: LoadedConfig,
  { warnings, tests, cwd }: { warnings: readonly string[]; tests: readonly OnlineTest[] | null; cwd: string },
): string[] {
  const failed = (tests ?? []).filter(({ ok }) => !ok).length;
  const counted = warnings.length === 0 ? '' : ` with ${numbered(warnings.length, 'warning')}`;
  const facts = [
    file === null ? 'no configuration file' : displayPath(file, cwd),
    sinksIn(config.sinks.map(({ name }) => name)),
    config.api.key === null ? 'no API key' : 'API key set',
  ].join(', ');
  const head =
    failed > 0
      ? `FAILED: ${failed} of ${numbered((tests ?? []).length, 'test')}; ${facts}`
      : `OK${counted}: ${facts}`;
  return [head, ...warnings.map((warning) => `  - ${warning}`)];
}

/** A line for each test. */
export function testLines(tests: readonly OnlineTest[]): string[] {
  const named = tests.map((test) => ({
    ...test,
    name: test.sink === null ? test.test : `sink ${test.sink}`,
  }));
  const width = Math.max(...named.map(({ name }) => name.length));
  return [
    ...named.map(({ name, ok, says }) => `  ${name.padEnd(width)}  ${ok ? 'ok' : 'failed'}: ${says}`),
    'No message was sent: findall-watch test-sink NAME sends one.',
  ];
}

function sinksIn(names: readonly string[]): string {
  if (names.length === 0) return 'no sink';
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${numbered(names.length, 'sink')} (${names.slice(0, NAMED).join(', ')}${more})`;
}

function numbered(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
