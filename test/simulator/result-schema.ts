import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import schema from './result.schema.json' with { type: 'json' };

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

/** What the published schema says against `body`, as one text; empty when nothing. */
export function schemaErrors(body: unknown): string {
  return validate(body) ? '' : ajv.errorsText(validate.errors);
}
