import { type Draft, isMap, type Origin, type Path, setIn } from '../draft.ts';
import { parseRunId } from '../forms/run-id.ts';
import { type DeclaredSetting, SETTINGS, typeOf } from '../settings.ts';

/** Lays one value, given outside the file, over the draft. */
type Overlay = (draft: Draft, value: unknown, origin: Origin) => void;

/** An environment variable the program knows. */
export interface EnvironmentVariable {
  readonly name: string;
  /** May also come as NAME_FILE or as a systemd credential. */
  readonly secret: boolean;
  /** The setting it sets, for people. */
  readonly sets: string;
  readonly overlay: Overlay;
}

/** Every environment variable that is a setting, in the order they are laid over the file. */
export const ENVIRONMENT: readonly EnvironmentVariable[] = [
  { name: 'FINDALL_WATCH_CONFIG', secret: false, sets: 'the configuration file', overlay: () => {} },
  ...SETTINGS.flatMap(variablesOf),
];

/** Settings given on the command line, as typed. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly store?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly interval?: string | undefined;
  readonly maxInterval?: string | undefined;
  readonly linger?: string | undefined;
  readonly baseUrl?: string | undefined;
}

/** What each flag sets, by its name in `ConfigFlags`; `config` names the file instead. */
export const FLAGS: ReadonlyMap<string, { flag: string; overlay: Overlay }> = new Map(
  SETTINGS.flatMap(({ key, facts }) => {
    if (facts.kind !== 'value' || facts.flag === undefined) return [];
    const name = facts.flag.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    return [[name, { flag: facts.flag, overlay: at(key.split('.')) }] as const];
  }),
);

function variablesOf({ key, facts, item }: DeclaredSetting): EnvironmentVariable[] {
  if (facts.kind === 'section' || facts.env === undefined) return [];
  const sets = { name: facts.env, sets: key };
  if (facts.kind === 'list') return [{ ...sets, secret: false, overlay: addRuns }];
  const overlay = item === null ? at(key.split('.')) : atSink(typeOf(item), key.replace('sinks[].', ''));
  const read: Overlay = facts.commas
    ? (draft, value, origin) => overlay(draft, listOf(String(value)), origin)
    : overlay;
  return [{ ...sets, secret: facts.secrecy !== 'open', overlay: read }];
}

/** The items of a comma separated list. */
function listOf(value: string): string[] {
  const items = value.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '');
}

function at(path: Path): Overlay {
  return (draft, value, origin) => setIn(draft, path, value, origin);
}

/** Adds to the runs of the file; a run that is there already keeps the file's options. */
function addRuns(draft: Draft, value: unknown, origin: Origin): void {
  if (draft.tree.runs === undefined) setIn(draft, ['runs'], [], origin);
  const { runs } = draft.tree;
  if (!Array.isArray(runs)) return;
  const known = new Set<unknown>(runs.map((run) => meant(isMap(run) ? run.id : run)));
  for (const id of new Set(listOf(String(value)).map(meant))) {
    if (known.has(id)) continue;
    const index = runs.length;
    setIn(draft, ['runs', index], {}, origin);
    setIn(draft, ['runs', index, 'id'], id, origin);
  }
}

/** The id that is written; what is none stays for the check. */
function meant(id: unknown): unknown {
  return typeof id === 'string' ? (parseRunId(id) ?? id) : id;
}

/** Sets a value of the sink that is named as its type, which is added when the file declares none of that name. */
function atSink(type: string, key: string): Overlay {
  return (draft, value, origin) => {
    const { sinks } = draft.tree;
    if (!Array.isArray(sinks)) return;
    const declared = sinks.findIndex((sink) => isMap(sink) && sink.name === type);
    const index = declared === -1 ? sinks.length : declared;
    if (declared === -1) {
      setIn(draft, ['sinks', index], {}, origin);
      setIn(draft, ['sinks', index, 'name'], type, origin);
      setIn(draft, ['sinks', index, 'type'], type, origin);
    }
    setIn(draft, ['sinks', index, key], value, origin);
  };
}
