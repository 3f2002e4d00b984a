import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { DEFAULT_ORIGIN, type Origin } from '../draft.ts';
import type { Variables } from '../../system/variables.ts';

const PROGRAM = 'findall-watch';
const FILE = 'findall-watch.yaml';
const DATABASE = 'watch.db';

/** The configuration file of the working directory. */
export const FILE_HERE = join('config', FILE);

/** Where the configuration file is looked for when none is named, in this order. */
export function usualFiles(variables: Variables, cwd: string, findHome = homedir): string[] {
  const own = userDirectory(variables, { name: 'XDG_CONFIG_HOME', usual: '.config', findHome });
  return [
    resolve(cwd, FILE_HERE),
    ...directories(variables, 'CONFIGURATION_DIRECTORY').map((directory) => join(directory, FILE)),
    ...(own === null ? [] : [join(own, FILE)]),
  ];
}

/**
 * Where the database is when nobody says: the state directory of systemd, else of the user, else where the system's
 * services have theirs.
 */
export function usualStore(variables: Variables, findHome = homedir): { path: string; origin: Origin } {
  const [given] = directories(variables, 'STATE_DIRECTORY');
  if (given !== undefined) {
    return { path: join(given, DATABASE), origin: `${DEFAULT_ORIGIN}, in STATE_DIRECTORY` };
  }
  const usual = join('.local', 'state');
  const own = userDirectory(variables, { name: 'XDG_STATE_HOME', usual, findHome });
  return { path: join(own ?? join('/var/lib', PROGRAM), DATABASE), origin: DEFAULT_ORIGIN };
}

/** systemd gives several directories separated by colons, all absolute. */
function directories(variables: Variables, name: string): string[] {
  return (variables[name] ?? '').split(':').filter((directory) => isAbsolute(directory));
}

/**
 * The XDG specification says to ignore a relative path. Null for a user without a home: systemd's DynamicUser, or a
 * container's number that is in no list of users.
 */
function userDirectory(
  variables: Variables,
  { name, usual, findHome }: { name: string; usual: string; findHome: () => string },
): string | null {
  const given = variables[name] ?? '';
  if (isAbsolute(given)) return join(given, PROGRAM);
  const home = variables.HOME === undefined || variables.HOME === '' ? homeOr(findHome) : variables.HOME;
  return home === null ? null : join(home, usual, PROGRAM);
}

function homeOr(findHome: () => string): string | null {
  try {
    return findHome();
  } catch {
    return null;
  }
}
