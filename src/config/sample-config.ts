/** The configuration file that `init` writes, made from the declarations of the settings. */
import { SINK_FIELDS } from '../sinks/registry.ts';
import { layOut } from '../text/wrap-text.ts';
import { RUN_ID_EXAMPLE } from './forms/run-id.ts';
import { type Fields, factsOf, type Setting } from './forms/setting.ts';
import { FILE } from './schema.ts';
import { typeOf, writtenDefault } from './settings.ts';

/** A type of sink as a person chooses it. */
export interface SinkType {
  readonly type: string;
  /** What it is, in one sentence. */
  readonly does: string;
}

/** A variable that the file refers to, or that the program reads anyway. */
interface SampleVariable {
  readonly name: string;
  readonly meaning: string;
}

export interface SampleConfig {
  readonly text: string;
  readonly variables: readonly SampleVariable[];
}

/** The type of the sink that every file begins with: without one, nothing would be seen of a daemon. */
const ALWAYS = 'log';

const WIDTH = 100;

/** Settings besides those of sinks that the file shows with their defaults. */
const SHOWN: readonly (keyof typeof FILE)[] = ['poll', 'http', 'retention', 'log'];

const HEAD = `# The configuration of findall-watch. A setting that is behind # or left out has its default.
# \${NAME} is the environment variable NAME, or the content of the file that NAME_FILE names.
# config/reference.md explains every setting; \`findall-watch check --all\` prints what is in force.
# The API key is the variable PARALLEL_API_KEY.
`;

/** Every type of sink, in the order of the documentation. */
export const SINK_CHOICES: readonly SinkType[] = SINK_FIELDS.map((fields: Fields) => ({
  type: typeOf(fields),
  does: meaningOf(fields.type),
}));

/** A file with sinks of these types beside the log. `others`: the other types stand behind #. */
export function sampleConfig(types: readonly string[], { others }: { others: boolean }): SampleConfig {
  const all: readonly Fields[] = SINK_FIELDS;
  const isChosen = (fields: Fields) => [ALWAYS, ...types].includes(typeOf(fields));
  const chosen = all.filter(isChosen);
  const left = others ? all.filter((fields) => !isChosen(fields)) : [];
  const parts = [
    HEAD,
    [...comment(meaningOf(FILE.sinks), 0), 'sinks:', ...joined(chosen.map((fields) => sinkLines(fields)))],
    ...left.map((fields) => sinkLines(fields, 'needed').map(behindHash)),
    comment(`Every sink also takes ${[...SHARED].join(', ')}: see config/sinks.md.`, 2),
    [...comment(meaningOf(FILE.runs), 0), `# runs: [${RUN_ID_EXAMPLE}]`],
    ...SHOWN.map((name) => shownLines(name, FILE[name])),
  ];
  const text = parts.map((part) => (typeof part === 'string' ? part : `${part.join('\n')}\n`)).join('\n');
  return { text, variables: [apiKey(), ...chosen.flatMap(variablesOf)] };
}

/** The settings that sinks of every type have; `name` and `type` are written always. */
const SHARED: ReadonlySet<string> = new Set(
  Object.keys(SINK_FIELDS[0] ?? {})
    .filter((name) => SINK_FIELDS.every((fields) => name in fields))
    .filter((name) => name !== 'name' && name !== 'type'),
);

interface SinkSetting {
  readonly name: string;
  readonly setting: Setting;
  readonly value: string;
  /** Whether it stands in the file, or behind #. */
  readonly isWritten: boolean;
}

/** What a type of sink has of its own, but for what only few set. */
function ownSettings(fields: Fields): SinkSetting[] {
  return Object.entries(fields).flatMap(([name, setting]) => {
    const facts = factsOf(setting);
    if (SHARED.has(name) || name === 'name' || name === 'type' || facts.kind !== 'value') return [];
    const usual = writtenDefault(setting);
    const isNeeded = usual === undefined && setting._zod.optin !== 'optional';
    if (!isNeeded && facts.when !== undefined) return [];
    const variable = `\${${typeOf(fields)}_${name}}`.toUpperCase();
    const asVariable = isNeeded || facts.secrecy === 'hidden' ? variable : undefined;
    const value = facts.sample ?? (usual === undefined ? asVariable : plain(usual));
    return value === undefined
      ? []
      : [{ name, setting, value, isWritten: isNeeded || facts.suggested === true }];
  });
}

function sinkLines(fields: Fields, which: 'needed' | 'all' = 'all'): string[] {
  const type = typeOf(fields);
  const settings = ownSettings(fields).filter(({ isWritten }) => isWritten || which === 'all');
  return [
    ...comment(meaningOf(fields.type), 2),
    `  - name: ${type}`,
    `    type: ${type}`,
    ...settings.flatMap(({ name, setting, value, isWritten }) => [
      ...(which === 'all' ? comment(meaningOf(setting), 4) : []),
      `    ${isWritten ? '' : '# '}${name}: ${value}`,
    ]),
  ];
}

/** The sinks below each other, a blank line between them. */
function joined(sinks: readonly string[][]): string[] {
  return sinks.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

/** What is a comment already stays one. */
function behindHash(line: string): string {
  return line.startsWith('  #') ? line : line.replace(/^ {2}/, '  # ');
}

/** Of a section those settings that variables set too: the ones that are set most. */
function shownLines(name: string, setting: Setting): string[] {
  const facts = factsOf(setting);
  const head = comment(meaningOf(setting), 0);
  if (facts.kind !== 'section') return [...head, `# ${name}: ${plain(writtenDefault(setting))}`];
  const usual = Object.entries(facts.fields).flatMap(([key, field]) => {
    const value = writtenDefault(field);
    const { env } = { env: undefined, ...factsOf(field) };
    return value === undefined || env === undefined || Array.isArray(value)
      ? []
      : [{ key, field, value: plain(value) }];
  });
  return [
    ...head,
    ...usual.flatMap(({ key, field }) => comment(`- ${key}: ${meaningOf(field)}`, 0)),
    `# ${name}: { ${usual.map(({ key, value }) => `${key}: ${value}`).join(', ')} }`,
  ];
}

function variablesOf(fields: Fields): SampleVariable[] {
  return ownSettings(fields)
    .filter(({ isWritten }) => isWritten)
    .flatMap(({ setting, value }) =>
      [...value.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => ({ name, meaning: meaningOf(setting) })),
    );
}

function apiKey(): SampleVariable {
  const api = factsOf(FILE.api);
  const key = api.kind === 'section' ? api.fields['key'] : undefined;
  return { name: 'PARALLEL_API_KEY', meaning: meaningOf(key) };
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function meaningOf(setting: Setting | undefined): string {
  return setting?.description ?? '';
}

function comment(text: string, indent: number): string[] {
  const rows = layOut([{ text, indent: 0 }], WIDTH - indent - 2);
  return rows.map((row) => `${' '.repeat(indent)}# ${row}`);
}
