/** What a follow is asked for, and the command that asks for the same again. */
import type { CommonOptions } from '../command-context.ts';

export interface FollowOptions extends CommonOptions {
  all?: boolean;
  deliver?: boolean;
  json?: boolean;
}

/** The command that goes on with a follow, with what was said on its command line: typed elsewhere it means the same. */
export function resumeCommand(ids: readonly string[], options: FollowOptions): string {
  const { config, store, logLevel, interval, maxInterval, linger, baseUrl, json, deliver } = options;
  const given = Object.entries({
    config,
    store,
    interval,
    'max-interval': maxInterval,
    linger,
    'base-url': baseUrl,
  });
  const flags = [...given, ['log-level', logLevel] as const].flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, shellWord(value)],
  );
  return [
    'findall-watch follow',
    ...ids,
    ...flags,
    ...(json ? ['--json'] : []),
    ...(deliver ? ['--deliver'] : []),
  ].join(' ');
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
