import { join, resolve } from 'node:path';
import type { Origin } from '../draft.ts';
import type { Problem } from '../problems.ts';
import { type DotenvText, readDotenvText } from './read-dotenv.ts';
import { reasonOf, remedyOf } from './read-failure.ts';
import { readText } from './read-text.ts';
import type { Variables } from '../../system/variables.ts';

/** A variable that was looked up. A problem never holds the value, nor the path a `_FILE` names. */
type Found =
  | { readonly kind: 'value'; readonly value: string; readonly origin: Origin }
  | { readonly kind: 'unset' }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** The real environment with `.env` beneath it. An empty variable counts as unset. */
export interface Environment {
  readonly variables: Variables;
  readonly problems: readonly Problem[];
  /** Whether there is a `.env` that was read. */
  readonly hasDotenv: boolean;
  /** Files from which secrets were read so far, by the variable that names them. */
  secretFiles(): ReadonlyMap<string, string>;
  originOf(name: string): Origin;
  /** The variable itself. */
  plain(name: string): Found;
  /** The variable X itself, the content of the file named by X_FILE, or systemd's credential X. */
  secret(name: string): Found;
}

const UNSET: Found = { kind: 'unset' };

/** The file that counts as environment, in the working directory. */
export const DOTENV = '.env';

/**
 * Variables that are the program's own, or that it reads by other ways than `plain`: anything wrong with them in `.env` is a
 * problem at once. `.env` may hold others for other programs.
 */
const OWN =
  /^(?:FINDALL_WATCH_\w+|PARALLEL_(?:API_KEY|BASE_URL)\w*|PG(?:HOST|PORT|USER|PASSWORD|DATABASE|SSL\w+)|XDG_(?:CONFIG|STATE)_HOME|(?:STATE|CONFIGURATION|CREDENTIALS)_DIRECTORY|PATH|HOME|LANG)$/;

/**
 * Reads `.env` under `cwd` without touching the real environment, which always wins: an empty variable too. Not where
 * `isTrusted` is false.
 */
export function createEnvironment(env: Variables, cwd: string, isTrusted = true): Environment {
  const { values, faults, problem, isThere } = isTrusted ? readDotenv(cwd) : NO_DOTENV;
  const variables: Variables = { ...values, ...env };
  const originOf = (name: string) => (env[name] === undefined ? `${DOTENV} ${name}` : `env ${name}`);
  const own = [...faults.keys()].filter((name) => OWN.test(name)).flatMap((name) => faultOf(name) ?? []);

  const secretFiles = new Map<string, string>();

  /** What is wrong with the value of a variable that only `.env` sets. */
  function faultOf(name: string): Problem | undefined {
    const fault = env[name] === undefined ? faults.get(name) : undefined;
    return fault && { key: name, ...fault, origin: originOf(name) };
  }

  function plain(name: string): Found {
    const fault = faultOf(name);
    if (fault !== undefined) return { kind: 'problem', problem: fault };
    const value = withoutLineEnd(variables[name] ?? '');
    return value === '' ? UNSET : { kind: 'value', value, origin: originOf(name) };
  }

  function secret(name: string): Found {
    const direct = plain(name);
    const file = plain(`${name}_FILE`);
    if (direct.kind === 'problem' || file.kind === 'problem')
      return direct.kind === 'problem' ? direct : file;
    if (file.kind !== 'value') return direct.kind === 'value' ? direct : credential(name);
    if (direct.kind === 'value') return bothSet(name, direct.origin, file.origin);
    secretFiles.set(`${name}_FILE`, resolve(cwd, file.value));
    return contentOf(resolve(cwd, file.value), `${name}_FILE`, `file named by ${name}_FILE`, file.origin);
  }

  function credential(name: string): Found {
    const directory = plain('CREDENTIALS_DIRECTORY');
    if (directory.kind !== 'value') return UNSET;
    const origin = `systemd credential ${name}`;
    const found = contentOf(join(directory.value, name), name, origin, origin);
    return found.kind === 'problem' && found.problem.what === 'no such file' ? UNSET : found;
  }

  return {
    ...{ variables, problems: [...problem, ...own], hasDotenv: isThere, originOf, plain, secret },
    secretFiles: () => secretFiles,
  };
}

function bothSet(name: string, origin: Origin, fileOrigin: Origin): Found {
  const what = `${name} and ${name}_FILE are both set`;
  const allowed = 'one of the two';
  return { kind: 'problem', problem: { key: name, what, allowed, origin: `${origin} and ${fileOrigin}` } };
}

/** Files and the secrets of Kubernetes end with line breaks; a value never does. */
function withoutLineEnd(value: string): string {
  return value.replace(/[\r\n]+$/, '');
}

/** The path stays out of the message: somebody may have put the secret itself there. */
function contentOf(path: string, key: string, origin: Origin, problemOrigin: Origin): Found {
  const allowed = 'a readable file with the value in it';
  try {
    const value = withoutLineEnd(readText(path));
    if (value !== '') return { kind: 'value', value, origin };
    return { kind: 'problem', problem: { key, what: 'the file is empty', allowed, origin: problemOrigin } };
  } catch (error) {
    const remedy = remedyOf(error, allowed, 'FILE');
    return {
      kind: 'problem',
      problem: { key, what: reasonOf(error), allowed: remedy, origin: problemOrigin },
    };
  }
}

interface Dotenv extends DotenvText {
  /** One at most: it cannot be read. */
  readonly problem: readonly Problem[];
  readonly isThere: boolean;
}

const NO_DOTENV: Dotenv = { values: {}, faults: new Map(), problem: [], isThere: false };

function readDotenv(cwd: string): Dotenv {
  try {
    const text = readText(join(cwd, DOTENV));
    return { ...readDotenvText(text, DOTENV), problem: [], isThere: true };
  } catch (error) {
    const what = reasonOf(error);
    // A directory of that name is a Python environment, not a mistake.
    if (what === 'no such file' || what === 'it is a directory') return NO_DOTENV;
    const allowed = remedyOf(error, 'a readable file, or none', DOTENV);
    return { ...NO_DOTENV, problem: [{ key: DOTENV, what, allowed, origin: DOTENV }] };
  }
}
