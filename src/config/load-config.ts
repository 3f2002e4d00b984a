import { resolve } from 'node:path';
import type { OperatorError } from '../errors.ts';
import { toConfig } from './checked-config.ts';
import type { Config } from './config.ts';
import { displayPath, locateFile, readConfigFile } from './reading/config-file.ts';
import { nearestWord } from '../text/nearest-word.ts';
import { DEFAULT_ORIGIN, type Draft, type Origin, setIn } from './draft.ts';
import { createEnvironment, DOTENV, type Environment } from './reading/environment.ts';
import type { Variables } from '../system/variables.ts';
import { type Interpolation, interpolate } from './reading/interpolate.ts';
import { ENVIRONMENT, type ConfigFlags, FLAGS } from './reading/overlays.ts';
import { FILE_HERE, usualStore } from './reading/places.ts';
import { ConfigurationProblems, type Problem, problemsOf, renderProblem } from './problems.ts';
import { brokenRules } from './rules.ts';
import { fileSchema, USUAL_SINKS } from './schema.ts';
import { scrub } from './reading/scrub.ts';
import { redirections } from './reading/redirections.ts';
import { exposedFiles, type ExposedFile, hasSecret, type LookedAt } from './reading/exposed-files.ts';
import { sinksOnState } from './reading/sinks-on-state.ts';
import { currentUser, distrustOf, type FoundHere, type UserId } from './reading/trusted-here.ts';
import { stampOf } from './reading/watch-file.ts';

/** What the configuration is made from. Nothing else is looked at but files. */
export interface ConfigSources {
  readonly env: Variables;
  /** Absolute; relative paths are taken from here. */
  readonly cwd: string;
  readonly flags?: ConfigFlags;
  /** Whose files of the working directory are trusted, beside root's. Absent: those of the user who runs the program. */
  readonly user?: UserId;
}

/** A configuration that holds, and where each of its values came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** By written path (`sinks[1].url`); what is missing is a default. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Absolute path of the file that was read. */
  readonly file: string | null;
  /** The file as it was just before it was read, by `stampOf`. */
  readonly stamp: string | null;
  /** What of the working directory was read without being named, and what was not. */
  readonly here: FoundHere;
  /** Files with settings or secrets that others may write or read. */
  readonly exposed: readonly ExposedFile[];
}

const OWN_PREFIX = 'FINDALL_WATCH_';

/** Kubernetes gives every pod such variables about a Service named findall-watch. They are not ours to judge. */
const KUBERNETES = /^FINDALL_WATCH_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_\w+)?$/;

/**
 * Defaults, under the file, under the environment, under the flags: one checked and frozen configuration.
 * Throws `OperatorError` (exit code 78) that names every problem at once and no secret.
 */
export function loadConfig({ env, cwd, flags = {}, user = currentUser() }: ConfigSources): LoadedConfig {
  const distrust = new Map([DOTENV, FILE_HERE].map((name) => [name, distrustOf(cwd, name, user)]));
  const isTrusted = (name: string) => (distrust.get(name) ?? null) === null;
  const environment = createEnvironment(env, cwd, isTrusted(DOTENV));
  const located = locateFile(flags.config, environment, cwd, isTrusted(FILE_HERE));
  const stamp = located === null ? null : stampOf(located.path);
  const file = located === null ? null : readConfigFile(located.path, located.namedBy, cwd);
  const problems = [...environment.problems, ...(file?.problems ?? [])];
  // Without a file the rest would be judged by what it does not say.
  const isUnread = environment.problems.some(({ key }) => key === DOTENV);
  if (isUnread || (file !== null && file.problems.length > 0)) throw refusal(problems, {});

  const given: Draft = { tree: file?.tree ?? {}, origins: file?.origins ?? new Map(), written: new Map() };
  spellOut(given);
  const interpolation = interpolate(given, environment);
  const { draft } = interpolation;
  problems.push(...overlay(draft, environment, flags));
  problems.push(...unknownVariables(environment, interpolation.names));
  problems.push(...redirections(draft, environment));
  setDefaultStore(draft, environment);

  const checked = fileSchema.safeParse(draft.tree);
  const known = openProblems(interpolation);
  const untouched = (problem: Problem) => !known.some(({ key }) => key === problem.key);
  problems.push(...known);
  if (!checked.success) problems.push(...problemsOf(checked.error, draft).filter(untouched));
  problems.push(...brokenRules(draft).filter(untouched));
  if (!checked.success || problems.length > 0) throw refusal(problems, draft.tree);

  const config = toConfig(checked.data, {
    absolute: (path) => resolve(cwd, path),
    variables: environment.variables,
  });
  const onState = sinksOnState(config, draft);
  if (onState.length > 0) throw refusal(onState, draft.tree);
  const read = [
    ...(environment.hasDotenv ? [DOTENV] : []),
    ...(file?.path === resolve(cwd, FILE_HERE) && located?.namedBy === null ? [FILE_HERE] : []),
  ];
  const refused = [...distrust].flatMap(([name, why]) => (why === null ? [] : [{ name, why }]));
  const looked = [...(file === null ? [] : [lookAt(file.path, draft, cwd)]), ...secretFilesOf(environment)];
  return {
    ...{ config, origins: draft.origins, file: file?.path ?? null, stamp, here: { read, refused } },
    exposed: exposedFiles(looked, user),
  };
}

function lookAt(path: string, draft: Draft, cwd: string): LookedAt {
  const name = displayPath(path, cwd);
  return { name, path, holdsSecret: hasSecret(draft, name) };
}

/** The path stays out of what is said: somebody may have put the secret itself there. */
function secretFilesOf(environment: Environment): LookedAt[] {
  return [...environment.secretFiles()].map(([variable, path]) => ({
    name: `the file named by ${variable}`,
    ...{ path, holdsSecret: true },
  }));
}

/** Turns the short forms into the long ones, so that everything after knows one form. */
function spellOut(draft: Draft): void {
  const { store, runs } = draft.tree;
  const originOf = (key: string) => draft.origins.get(key) ?? DEFAULT_ORIGIN;
  if (typeof store === 'string') {
    const origin = originOf('store');
    setIn(draft, ['store'], {}, origin);
    setIn(draft, ['store', 'path'], store, origin);
  }
  if (Array.isArray(runs)) {
    for (const [index, run] of runs.entries()) {
      if (typeof run !== 'string') continue;
      const origin = originOf(`runs[${index}]`);
      setIn(draft, ['runs', index], {}, origin);
      setIn(draft, ['runs', index, 'id'], run, origin);
    }
  }
  if (draft.tree.sinks === undefined) draft.tree.sinks = structuredClone([...USUAL_SINKS]);
}

/** Lays environment and flags over the draft. */
function overlay(draft: Draft, environment: Environment, flags: ConfigFlags): Problem[] {
  const problems: Problem[] = [];
  for (const variable of ENVIRONMENT) {
    const found = variable.secret ? environment.secret(variable.name) : environment.plain(variable.name);
    if (found.kind === 'value') variable.overlay(draft, found.value, found.origin);
    if (found.kind === 'problem') problems.push(found.problem);
  }
  for (const [name, value] of Object.entries(flags)) {
    const set = FLAGS.get(name);
    if (set !== undefined && value !== undefined) set.overlay(draft, value, `flag ${set.flag}`);
  }
  return problems;
}

function setDefaultStore(draft: Draft, environment: Environment): void {
  const { store = {} } = draft.tree;
  if (typeof store !== 'object' || store === null || 'path' in store) return;
  const { path, origin } = usualStore(environment.variables);
  setIn(draft, ['store', 'path'], path, origin);
}

/** Variables of our prefix that mean nothing: most likely a typing mistake that would go unnoticed. */
function unknownVariables(environment: Environment, referenced: ReadonlySet<string>): Problem[] {
  const names = ENVIRONMENT.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name]));
  const own = names.filter((name) => name.startsWith(OWN_PREFIX));
  const isKnown = (name: string) =>
    own.includes(name) ||
    referenced.has(name) ||
    referenced.has(name.replace(/_FILE$/, '')) ||
    KUBERNETES.test(name);
  const strangers = Object.keys(environment.variables).filter((name) => {
    return name.startsWith(OWN_PREFIX) && !isKnown(name) && environment.plain(name).kind === 'value';
  });
  return strangers.map((name) => {
    const what = 'unknown variable';
    const allowed = own.filter((each) => !each.endsWith('_FILE')).join(', ');
    return {
      key: name,
      what,
      allowed,
      suggestion: nearestWord(name, own),
      origin: environment.originOf(name),
    };
  });
}

/** Problems of `${VAR}` whose value still counts: nothing was laid over it. */
function openProblems({ draft, problems }: Interpolation): Problem[] {
  return problems.filter(({ key, origin }) => origin === draft.origins.get(key));
}

function refusal(problems: readonly Problem[], tree: Record<string, unknown>): OperatorError {
  const lines = [...new Set(problems.map((problem) => scrub(renderProblem(problem), tree)))];
  const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`;
  const message = [`${count} in the configuration:`, ...lines.map((line) => `  - ${line}`)].join('\n');
  return new ConfigurationProblems(message, lines);
}
