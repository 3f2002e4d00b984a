import { z } from 'zod';
import type { Config } from './config.ts';
import { isMap } from './draft.ts';
import {
  type Fields,
  factsOf,
  keyOf,
  type Setting,
  type SettingOptions,
  type Written,
} from './forms/setting.ts';
import { FILE } from './schema.ts';
import { fieldsOf } from './settings.ts';

/** A value as it is written, or masked. Null: not set, and there is no default. */
export type SettingValue = string | number | boolean | null | readonly string[];

/** A setting in force. */
export interface EffectiveSetting {
  /** `sinks[1].retry.first` */
  readonly key: string;
  readonly value: SettingValue;
}

/** Every setting in force in the order of the declarations, in written form, secrets masked. */
export function effectiveSettings(config: Config): EffectiveSetting[] {
  return settingsIn(FILE, { ...config }, '');
}

function settingsIn(fields: Fields, section: Written, at: string): EffectiveSetting[] {
  return Object.entries(fields).flatMap(([name, setting]) => {
    const key = `${at}${name}`;
    const value = section[keyOf(name, setting)];
    const facts = factsOf(setting);
    if (facts.kind === 'section') return isMap(value) ? settingsIn(facts.fields, value, `${key}.`) : [];
    if (!isShown(facts, value, section)) return [];
    if (facts.kind === 'list') return itemsIn(facts.items, value, key);
    const written = writtenForm(setting, value);
    return spread(key, written === null ? null : (facts.shown?.(written) ?? written));
  });
}

function isShown({ when }: SettingOptions, value: unknown, section: Written): boolean {
  if (typeof when === 'function') return when(section);
  return (
    when === undefined || !(value === null || value === false || (Array.isArray(value) && value.length === 0))
  );
}

function itemsIn(items: readonly Fields[], value: unknown, key: string): EffectiveSetting[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  if (list.length === 0) return [{ key, value: [] }];
  return list.flatMap((item, index) =>
    isMap(item) ? settingsIn(fieldsOf(items, item) ?? {}, item, `${key}[${index}].`) : [],
  );
}

/** Text is written as it is. */
function writtenForm(setting: Setting, value: unknown): unknown {
  return typeof value === 'string' ? value : (z.encode(setting, value) ?? null);
}

/** A map is a setting for each of its keys. */
function spread(key: string, written: unknown): EffectiveSetting[] {
  if (!isMap(written)) return [{ key, value: written as SettingValue }];
  return Object.entries(written).flatMap(([name, value]) => spread(`${key}.${name}`, value));
}
