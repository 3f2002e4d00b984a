/**
 * How a setting is declared: once, in a section, with its form and default (a zod schema), whether it is a secret, and what
 * it means. The types of `Config`, what `check` shows, masks, variables, flags, the JSON Schema and the table in the
 * documentation are derived from that. What is neither open nor secret does not compile.
 */
import { z } from 'zod';
import { MASK } from '../../text/mask-secrets.ts';
import { maskPath } from './mask-url.ts';
import { map } from './setting-kinds.ts';
import { type UnitOf, unitOf } from './unit.ts';

declare const DECLARED: unique symbol;

/** A form for which it is declared who may see its values. */
export type Setting<Schema extends z.ZodType = z.ZodType> = Schema & { readonly [DECLARED]: true };

/** The settings of a section, in the order in which messages and documentation name them. */
export type Fields = Readonly<Record<string, Setting>>;

/** A section as it is written, before it is checked. */
export type Written = Readonly<Record<string, unknown>>;

/** What may be declared of a setting beside its form, its meaning and its secrecy. */
export interface SettingOptions {
  /** What `check` shows in place of the written value. */
  readonly shown?: (written: unknown) => unknown;
  /** When `check` shows it: if it is set to something, or if the section as it is read says so. Absent: always. */
  readonly when?: 'set' | ((section: Written) => boolean);
  /** Of an address that may be plain http: the secret that a machine on the way could read, in words; null: none. */
  readonly exposes?: (section: Written) => string | null;
  /** The key of the span that it may not exceed. `[]` stands for the item that it is in itself. */
  readonly atMost?: string;
  /** The variable that sets it. Of a sink: of the one named as its type, which is added if need be. */
  readonly env?: string;
  /** The variable holds a list, separated by commas. */
  readonly commas?: true;
  /** The flag that sets it. */
  readonly flag?: string;
  /** For the documentation: the default in words, where it is no plain value. */
  readonly usual?: string;
  /** What `init` writes as its value, as YAML. Absent: its default, or a variable for what is needed or secret. */
  readonly sample?: string;
  /** `init` writes it although it may be left out. */
  readonly suggested?: true;
  /** For the documentation: what follows the meaning. */
  readonly more?: string;
}

/**
 * `open`: everybody may see it. `hidden`: its text, texts or values never appear. `address`: a secret as a whole, of which
 * only the origin appears. `partly`: an address that may contain a password.
 */
export type Secrecy = 'open' | 'hidden' | 'address' | 'partly';

/** What is declared of a value, a section or a list of sections. */
export type Facts =
  | ({ readonly kind: 'value'; readonly secrecy: Secrecy } & SettingOptions)
  | { readonly kind: 'section'; readonly fields: Fields }
  | ({ readonly kind: 'list'; readonly items: readonly Fields[] } & SettingOptions);

const FACTS = new WeakMap<object, Facts>();

/** What was declared of a setting. */
export function factsOf(setting: Setting): Facts {
  const facts = FACTS.get(setting);
  if (facts === undefined) throw new Error('not a declared setting');
  return facts;
}

/** A setting that everybody may see. */
export function open<Schema extends z.ZodType>(schema: Schema, meaning: string, options?: SettingOptions) {
  return declared(schema, meaning, { kind: 'value', secrecy: 'open', ...options });
}

/** A secret: a text, a list of them, or a map whose values are. */
export function hidden<Schema extends z.ZodType>(schema: Schema, meaning: string, options?: SettingOptions) {
  return declared(schema, meaning, { kind: 'value', secrecy: 'hidden', shown: masked, ...options });
}

/** A URL that is a secret as a whole: with many services, the path is the key. */
export function address<Schema extends z.ZodType>(schema: Schema, meaning: string, options?: SettingOptions) {
  const shown = (url: unknown) => (typeof url === 'string' ? maskPath(url) : url);
  return declared(schema, meaning, { kind: 'value', secrecy: 'address', shown, ...options });
}

/** An address that may contain a password; `shown` leaves it out. */
export function partlySecret<Schema extends z.ZodType>(
  schema: Schema,
  meaning: string,
  options: SettingOptions & Required<Pick<SettingOptions, 'shown'>>,
) {
  return declared(schema, meaning, { kind: 'value', secrecy: 'partly', ...options });
}

/** A section that is there with its defaults when it is not written. */
export function section<const Declared extends Fields, Fixed extends object = object>(
  fields: Declared,
  meaning: string,
  fixed?: Fixed,
) {
  return sectionOf(readBy(fields, { fixed }).prefault({} as never), fields, meaning);
}

/** A section that is null, and turns off what it is about, when it is not written. */
export function sectionOrNull<const Declared extends Fields>(fields: Declared, meaning: string) {
  return sectionOf(orNull(readBy(fields)), fields, meaning);
}

/** A section that may be written in other forms too. */
export function sectionOf<Schema extends z.ZodType>(schema: Schema, fields: Fields, meaning: string) {
  return declared(schema, meaning, { kind: 'section', fields });
}

/** A list of sections. Where there are several kinds, `type` says which. */
export function listOf<Schema extends z.ZodType>(
  schema: Schema,
  meaning: string,
  options: SettingOptions & { readonly items: readonly Fields[] },
) {
  return declared(schema, meaning, { kind: 'list', ...options });
}

/** What a section is read as. */
export type ReadBy<Declared extends Fields> = {
  [Key in keyof Declared & string as `${Key}${UnitOf<Declared[Key]>}`]: z.output<Declared[Key]>;
};

/** Frozen all the way down. */
export type Frozen<Value> = { readonly [Key in keyof Value]: Frozen<Value[Key]> };

/** The values of a section under their written names. */
export type ValuesOf<Declared extends Fields> = z.output<z.ZodObject<Declared, z.core.$strict>>;

interface More<Declared extends Fields, Fixed> {
  /** Added to what is read. */
  readonly fixed?: Fixed | undefined;
  /** What the settings may not be together. It sees what is right by itself, beside what is wrong too. */
  check?(values: ValuesOf<Declared>, context: z.core.$RefinementCtx): void;
}

/** A map with these settings. Once read each has its unit in its key. */
export function readBy<const Declared extends Fields, Fixed extends object = object>(
  fields: Declared,
  { fixed, check }: More<Declared, Fixed> = {},
) {
  type Read = ReadBy<Declared> & Fixed;
  const keys = Object.entries(fields).map(([name, setting]) => [name, keyOf(name, setting)] as const);
  const written = keys.map(([name, key]) => [key, name] as const);
  const form = map(fields);
  return z.codec<typeof form, z.ZodType<Read>>(
    check === undefined ? form : form.superRefine(check),
    z.custom<Read>(),
    {
      decode: (values: Written) => ({ ...renamed(values, keys), ...fixed }),
      encode: (read) => renamed(read as Written, written) as never,
    },
  );
}

/** The key of a setting once it is read: `timeoutMs`. */
export function keyOf(name: string, setting: Setting): string {
  return `${name}${unitOf(setting)}`;
}

/** A form that need not be written, and then is null. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  type Read = z.output<Schema> | null;
  return z.codec<z.ZodOptional<Schema>, z.ZodType<Read>>(schema.optional(), z.custom<Read>(), {
    decode: (written) => written ?? null,
    encode: (read) => (read === null ? undefined : (read as z.output<Schema>)),
  });
}

/** A list in which each item counts once. */
export function unique<Item extends z.ZodType<string>>(
  list: z.ZodArray<Item>,
  meant = (item: string) => item,
) {
  return z.codec<z.ZodArray<Item>, z.ZodType<string[]>>(list, z.custom<string[]>(), {
    decode: (items) => [...new Set(items.map(meant))],
    encode: (items) => items as z.output<Item>[],
  });
}

/** `text`, as short for a section with only `key` in it. */
export function shortFor<Text extends z.ZodType<string>, Section extends z.ZodType>(
  text: Text,
  key: string,
  whole: Section,
) {
  return z.codec<Text, Section>(text, whole, {
    decode: (value) => ({ [key]: value }) as z.input<Section>,
    encode: (written) => (written as Record<string, z.output<Text>>)[key] as z.output<Text>,
  });
}

function declared<Schema extends z.ZodType>(schema: Schema, meaning: string, facts: Facts): Setting<Schema> {
  const described = schema.describe(meaning);
  FACTS.set(described, facts);
  return described as Setting<Schema>;
}

function masked(written: unknown): unknown {
  if (typeof written !== 'object' || written === null) return written === null ? null : MASK;
  if (Array.isArray(written)) return written.map(masked);
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [name, masked(value)]));
}

function renamed(from: Written, keys: readonly (readonly [string, string])[]): Record<string, unknown> {
  return Object.fromEntries(keys.flatMap(([old, name]) => (old in from ? [[name, from[old]]] : [])));
}
