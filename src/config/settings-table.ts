/** The table of settings in the documentation, made from their declarations. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SINK_TYPES_LISTED } from '../sinks/registry.ts';
import { type DeclaredSetting, SETTINGS, typeOf, writtenDefault } from './settings.ts';

/** The page of the documentation that has the table in it. */
const REFERENCE_FILE = fileURLToPath(new URL('../../config/reference.md', import.meta.url));

const HEAD = '| key | default | allowed | meaning |\n| --- | --- | --- | --- |\n';

/** The forms that the documentation explains above the table. */
const EXPLAINED = /, written like (?:250ms|7d|512KiB).*$/;

/** A row for each setting. Sections have none. */
export function settingsTable(): string {
  const listed = SETTINGS.filter(({ facts }) => facts.kind !== 'section');
  const rows = [...Map.groupBy(listed, ({ key }) => key)].map(([key, variants]) => {
    const cells = isDiscriminator(variants)
      ? ['required', SINK_TYPES_LISTED, 'See [Sinks](sinks.md).']
      : [byType(variants, usualIn), byType(variants, allowedIn), meaningOf(variants)];
    return `| \`${key}\` | ${cells.join(' | ')} |\n`;
  });
  return HEAD + rows.join('');
}

/** The documentation with the table as it is. */
export function withSettingsTable(text: string): string {
  return text.replace(/^\| key .*?\n(?!\|)/ms, () => settingsTable());
}

/** Brings the table in the documentation up to date. */
export function writeSettingsTable(): void {
  writeFileSync(REFERENCE_FILE, withSettingsTable(readFileSync(REFERENCE_FILE, 'utf8')));
}

function isDiscriminator([first]: readonly DeclaredSetting[]): boolean {
  return first?.setting._zod.def.type === 'literal';
}

/** What is the same for all is said once. */
function byType(variants: readonly DeclaredSetting[], cellOf: (variant: DeclaredSetting) => string): string {
  const cells = [...Map.groupBy(variants, cellOf)];
  if (cells.length === 1) return cells[0]?.[0] ?? '';
  return cells.map(([cell, those]) => `${cell} (${typesOf(those)})`).join('; ');
}

function meaningOf(variants: readonly DeclaredSetting[]): string {
  const meanings = [...Map.groupBy(variants, meaningIn)];
  const isGeneral =
    meanings.length === 1 && typesOf(variants).split(', ').length === SINK_TYPES_LISTED.split(', ').length;
  return meanings
    .map(([meaning, those]) =>
      isGeneral || those[0]?.item === null ? meaning : `*${typesOf(those)}*: ${meaning}`,
    )
    .join(' ');
}

function typesOf(variants: readonly DeclaredSetting[]): string {
  return variants.flatMap(({ item }) => (item === null ? [] : [typeOf(item)])).join(', ');
}

function usualIn({ setting, facts }: DeclaredSetting): string {
  if (facts.kind !== 'section' && facts.usual !== undefined) return facts.usual;
  const usual = writtenDefault(setting);
  if (Array.isArray(usual)) return 'none';
  if (usual !== undefined) return `\`${typeof usual === 'string' ? usual : JSON.stringify(usual)}\``;
  return setting._zod.optin === 'optional' ? 'none' : 'required';
}

/** What a problem with the setting says. No value is a symbol, so the message is that of the form. */
function allowedIn({ setting, facts }: DeclaredSetting): string {
  const issue = setting.safeParse(Symbol('nothing')).error?.issues[0];
  const allowed = (issue?.message ?? '').replace(EXPLAINED, '').replace(/^one of /, '');
  const limit = facts.kind === 'value' && facts.atMost !== undefined ? `, at most \`${facts.atMost}\`` : '';
  return `${escaped(allowed)}${limit}`;
}

function meaningIn({ setting, facts }: DeclaredSetting): string {
  const more = facts.kind === 'section' ? undefined : facts.more;
  return [escaped(setting.description ?? ''), more ?? []].flat().join(' ');
}

/** What means something to Markdown, outside of code. */
function escaped(text: string): string {
  const parts = text.split(/(`[^`]*`)/);
  return parts
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/[*<|_]/g, String.raw`\$&`)))
    .join('');
}
