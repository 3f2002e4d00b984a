/** Every setting there is, and the settings in a draft: what is derived from the declarations begins here. */
import { getIn, isMap, type Path } from './draft.ts';
import { type Facts, type Fields, factsOf, type Setting, type Written } from './forms/setting.ts';
import { FILE } from './schema.ts';

/** A setting as it is declared. */
export interface DeclaredSetting {
  /** `sinks[].retry.first` */
  readonly key: string;
  readonly setting: Setting;
  readonly facts: Facts;
  /** Of a setting of a list with several kinds of items: the settings of its kind. */
  readonly item: Fields | null;
}

/** A setting that is, or could be, written at a place of a draft. */
export interface PlacedSetting {
  /** `sinks[].retry.first` */
  readonly key: string;
  readonly path: Path;
  readonly setting: Setting;
  readonly facts: Facts;
  /** The section that it is in, as it is written. */
  readonly section: Written;
}

/** Every setting, sections and lists included, in order. One that several types of sinks have comes once for each. */
export const SETTINGS: readonly DeclaredSetting[] = declaredIn(FILE, '', null);

/** The default of a setting in its written form; undefined: there is none. */
export function usualOf(key: string): unknown {
  const found = SETTINGS.find((each) => each.key === key);
  return found && writtenDefault(found.setting);
}

/** The default as the form has it. */
export function writtenDefault(setting: Setting): unknown {
  const { defaultValue } = setting._zod.def as { defaultValue?: unknown };
  return defaultValue;
}

/** The values of all sections that are written in a draft, or have their defaults. What has the wrong shape has none. */
export function placedIn(tree: Written): PlacedSetting[] {
  return placed(FILE, tree, { key: '', path: [] });
}

/** The settings of an item: where there are several kinds, its `type` says which. Undefined: there is no such type. */
export function fieldsOf(items: readonly Fields[], item: Written): Fields | undefined {
  return items.find((fields) => items.length === 1 || fields.type?.safeParse(item.type).success);
}

/** The word that decides of which kind an item is. */
export function typeOf({ type }: Fields): string {
  const [word = ''] = type?._zod.values ?? [];
  return String(word);
}

function declaredIn(fields: Fields, at: string, item: Fields | null): DeclaredSetting[] {
  return Object.entries(fields).flatMap(([name, setting]): DeclaredSetting[] => {
    const key = `${at}${name}`;
    const facts = factsOf(setting);
    const own = { key, setting, facts, item };
    if (facts.kind === 'section') return [own, ...declaredIn(facts.fields, `${key}.`, item)];
    if (facts.kind === 'value') return [own];
    const { items } = facts;
    return [own, ...items.flatMap((each) => declaredIn(each, `${key}[].`, items.length > 1 ? each : item))];
  });
}

function placed(fields: Fields, section: Written, at: { key: string; path: Path }): PlacedSetting[] {
  return Object.entries(fields).flatMap(([name, setting]): PlacedSetting[] => {
    const key = `${at.key}${name}`;
    const path = [...at.path, name];
    const facts = factsOf(setting);
    const value = section[name];
    if (facts.kind === 'value') return [{ key, path, setting, facts, section }];
    if (facts.kind === 'section') {
      const written = value === undefined ? writtenDefault(setting) : value;
      return isMap(written) ? placed(facts.fields, written, { key: `${key}.`, path }) : [];
    }
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    return items.flatMap((item, index) => {
      const own = isMap(item) ? fieldsOf(facts.items, item) : undefined;
      if (own === undefined) return [];
      return placed(own, item as Written, { key: `${key}[].`, path: [...path, index] });
    });
  });
}

/** The values at a key of a draft, in items of any type. */
export function valuesAt(tree: unknown, key: string): unknown[] {
  const [first = '', ...rest] = key.split('[].');
  const value = getIn(tree, first.split('.'));
  if (rest.length === 0) return [value];
  return Array.isArray(value) ? value.flatMap((item) => valuesAt(item, rest.join('[].'))) : [];
}
