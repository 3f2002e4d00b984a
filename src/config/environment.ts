import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import type { Origin } from './draft.ts';
import type { Problem } from './problems.ts';
import { reasonOf } from './read-failure.ts';

/** Environment variables by name, as `process.env` has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A variable that was looked up. A problem never holds the value, nor the path a `_FILE` names. */
export type Found =
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
 * Reads `.env` under `cwd` without touching the real environment, which always wins: an empty variable too. Not where
 * `isTrusted` is false.
 */
export function createEnvironment(env: Variables, cwd: string, isTrusted = true): Environment {
  const { values, problems, isThere } = isTrusted ? readDotenv(cwd) : NO_DOTENV;
  const variables: Variables = { ...values, ...env };
  const originOf = (name: string) => (env[name] === undefined ? `.env ${name}` : `env ${name}`);

  const secretFiles = new Map<string, string>();

  function plain(name: string): Found {
    const value = variables[name] ?? '';
    return value === '' ? UNSET : { kind: 'value', value, origin: originOf(name) };
  }

  function secret(name: string): Found {
    const direct = plain(name);
    const file = plain(`${name}_FILE`);
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
    ...{ variables, problems, hasDotenv: isThere, originOf, plain, secret },
    secretFiles: () => secretFiles,
  };
}

function bothSet(name: string, origin: Origin, fileOrigin: Origin): Found {
  const what = `${name} and ${name}_FILE are both set`;
  const allowed = 'one of the two';
  return { kind: 'problem', problem: { key: name, what, allowed, origin: `${origin} and ${fileOrigin}` } };
}

/** The path stays out of the message: somebody may have put the secret itself there. */
function contentOf(path: string, key: string, origin: Origin, problemOrigin: Origin): Found {
  const allowed = 'a readable file with the value in it';
  try {
    const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (value !== '') return { kind: 'value', value, origin };
    return { kind: 'problem', problem: { key, what: 'the file is empty', allowed, origin: problemOrigin } };
  } catch (error) {
    return { kind: 'problem', problem: { key, what: reasonOf(error), allowed, origin: problemOrigin } };
  }
}

interface Dotenv {
  values: Variables;
  problems: Problem[];
  isThere: boolean;
}

const NO_DOTENV: Dotenv = { values: {}, problems: [], isThere: false };

function readDotenv(cwd: string): Dotenv {
  try {
    return { values: parse(readFileSync(join(cwd, DOTENV))), problems: [], isThere: true };
  } catch (error) {
    const what = reasonOf(error);
    // A directory of that name is a Python environment, not a mistake.
    if (what === 'no such file' || what === 'it is a directory') return NO_DOTENV;
    return {
      ...NO_DOTENV,
      problems: [{ key: DOTENV, what, allowed: 'a readable file, or none', origin: DOTENV }],
    };
  }
}
