import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { fileSchema } from './schema.ts';
import { writeSettingsTable } from './settings-table.ts';

/** Where the generated schema lies, beside the files it describes. */
export const SCHEMA_FILE = fileURLToPath(new URL('../../config/findall-watch.schema.json', import.meta.url));

/** As the formatter has it. */
const LINE_WIDTH = 110;

const REFERENCE = { type: 'string', pattern: String.raw`\$\{\w+\}` } as const;

/**
 * The JSON Schema of the configuration file, for editors. It knows names, shapes and forms; bounds of
 * durations and rules between settings are checked by the program alone. `${VAR}` may stand for any value.
 */
export function configJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(fileSchema, {
      io: 'input',
      target: 'draft-7',
      override: ({ jsonSchema }) => admitReference(jsonSchema),
    }),
    title: 'Configuration of findall-watch',
  };
}

/** The schema as it is written to the file: laid out as the formatter would, so that both leave it alone. */
export function configJsonSchemaText(): string {
  const spread = JSON.stringify(configJsonSchema(), null, 2);
  const compact = spread.replaceAll(
    /^(.*)\[\n([^[\]{}]*)\n *\](,?)$/gm,
    (whole, head: string, items: string, comma: string) => {
      const line = `${head}[${items.trim().replaceAll(/,\n\s*/g, ', ')}]${comma}`;
      return line.length <= LINE_WIDTH ? line : whole;
    },
  );
  return `${compact}\n`;
}

/** A plain value whose form is restricted may also be a reference. `type` of a sink decides its shape: not that. */
function admitReference(schema: z.core.JSONSchema.BaseSchema): void {
  const { type, pattern, enum: words, const: constant } = schema;
  // Called again for every layer around the same value.
  if (type === 'string' && pattern?.endsWith(REFERENCE.pattern) === false)
    schema.pattern = `(?:${pattern})|${REFERENCE.pattern}`;
  if (type === 'string' && words !== undefined && constant === undefined) {
    delete schema.type;
    delete schema.enum;
    schema.anyOf = [{ type: 'string', enum: words }, REFERENCE];
  }
}

if (import.meta.main) {
  writeFileSync(SCHEMA_FILE, configJsonSchemaText());
  writeSettingsTable();
}
