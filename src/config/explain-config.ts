import { DEFAULT_ORIGIN, type Origin } from './draft.ts';
import { effectiveSettings, type SettingValue } from './effective-settings.ts';
import type { LoadedConfig } from './load-config.ts';
import { quote } from '../text/quote.ts';

/** Text that stands without quotes and cannot be taken for something else. */
const PLAIN = /^[\w./*][\w./:@?*=&%+-]*$/;

/** The effective configuration for programs: secrets masked, values in their written form. */
export interface ExplainedConfig {
  readonly file: string | null;
  readonly values: readonly { readonly key: string; readonly value: SettingValue; readonly origin: Origin }[];
}

/** Every setting that is in force, with where it came from. */
export function explainConfigAsJson({ config, origins, file }: LoadedConfig): ExplainedConfig {
  const originOf = (key: string) => origins.get(key) ?? DEFAULT_ORIGIN;
  return {
    file,
    values: effectiveSettings(config).map(({ key, value }) => ({ key, value, origin: originOf(key) })),
  };
}

/** The same as text that reads like the file, each value followed by where it came from. */
export function explainConfig(loaded: LoadedConfig): string {
  const { file, values } = explainConfigAsJson(loaded);
  const head = file === null ? '# no configuration file' : `# file: ${file}`;
  return `${[head, ...linesOf(values)].join('\n')}\n`;
}

/** The same of the settings that are not left to their defaults. Empty when all are. */
export function explainChanges(loaded: LoadedConfig): string {
  const { values } = explainConfigAsJson(loaded);
  const changed = values.filter(({ origin }) => origin !== DEFAULT_ORIGIN);
  return linesOf(changed)
    .map((line) => `${line}\n`)
    .join('');
}

function linesOf(values: ExplainedConfig['values']): string[] {
  const lines: string[] = [];
  let before: readonly string[] = [];
  for (const { key, value, origin } of values) {
    const containers = containersOf(key);
    const opened = containers.filter((container, depth) => before[depth] !== container);
    lines.push(...opened.flatMap((container) => headOf(container)));
    const isFirstOfItem = opened.at(-1)?.endsWith(']') ?? false;
    lines.push(...valueLines(key, value, origin, isFirstOfItem));
    before = containers;
  }
  return lines;
}

/** `sinks[1].retry.first` lies in `sinks`, `sinks[1]` and `sinks[1].retry`. */
function containersOf(key: string): string[] {
  return [...key.matchAll(/[.[]/g)].map(({ index }) => key.slice(0, index));
}

/** The line that opens a container. An item of a list has none: its first value carries the dash. */
function headOf(container: string): string[] {
  return container.endsWith(']') ? [] : [`${indentOf(container)}${nameOf(container)}:`];
}

function valueLines(key: string, value: SettingValue, origin: Origin, isFirstOfItem: boolean): string[] {
  const indent = indentOf(key);
  const start = `${isFirstOfItem ? indent.replace(/ {2}$/, '- ') : indent}${nameOf(key)}:`;
  if (typeof value !== 'object' || value === null) return [`${start} ${written(value)}  # ${origin}`];
  if (value.length <= 2) return [`${start} [${value.map(written).join(', ')}]  # ${origin}`];
  return [`${start}  # ${origin}`, ...value.map((item) => `${indent}  - ${written(item)}`)];
}

function written(value: string | number | boolean | null): string {
  return typeof value === 'string' && !PLAIN.test(value) ? quote(value) : String(value);
}

function indentOf(key: string): string {
  return '  '.repeat(containersOf(key).length);
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}
