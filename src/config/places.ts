import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { DEFAULT_ORIGIN, type Origin } from './draft.ts';
import type { Variables } from './environment.ts';

const PROGRAM = 'findall-watch';
const FILE = 'findall-watch.yaml';
const DATABASE = 'watch.db';

/** Where the configuration file is looked for when none is named, in this order. */
export function usualFiles(variables: Variables, cwd: string): string[] {
  return [
    resolve(cwd, 'config', FILE),
    ...directories(variables, 'CONFIGURATION_DIRECTORY').map((directory) => join(directory, FILE)),
    join(userDirectory(variables, 'XDG_CONFIG_HOME', '.config'), FILE),
  ];
}

/** Where the database is when nobody says: the state directory of systemd, else of the user. */
export function usualStore(variables: Variables): { path: string; origin: Origin } {
  const [given] = directories(variables, 'STATE_DIRECTORY');
  if (given !== undefined) {
    return { path: join(given, DATABASE), origin: `${DEFAULT_ORIGIN}, in STATE_DIRECTORY` };
  }
  return {
    path: join(userDirectory(variables, 'XDG_STATE_HOME', join('.local', 'state')), DATABASE),
    origin: DEFAULT_ORIGIN,
  };
}

/** systemd gives several directories separated by colons, all absolute. */
function directories(variables: Variables, name: string): string[] {
  return (variables[name] ?? '').split(':').filter((directory) => isAbsolute(directory));
}

/** The XDG specification says to ignore a relative path. */
function userDirectory(variables: Variables, name: string, usual: string): string {
  const given = variables[name] ?? '';
  const home = variables.HOME === undefined || variables.HOME === '' ? homedir() : variables.HOME;
  return join(isAbsolute(given) ? given : join(home, usual), PROGRAM);
}
