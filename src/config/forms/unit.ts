/** Numbers that have a unit once read. Their key in `Config` ends with it: `timeout: 15s` is `timeoutMs: 15000`. */
import { z } from 'zod';

declare const UNIT: unique symbol;

/** A copy of a form, as `describe` makes one, has its unit. */
const UNITS = z.registry<{ unit: string }>();

/** Marks what a form is read as. */
export function inUnit<const Unit extends string, Schema extends z.ZodType>(unit: Unit, schema: Schema) {
  UNITS.add(schema, { unit });
  return schema as Schema & { readonly [UNIT]: Unit };
}

/** The unit of a form, within defaults and the like too; none: the empty text. */
export type UnitOf<Schema> = Schema extends { readonly [UNIT]: infer Unit extends string }
  ? Unit
  : Schema extends { readonly _zod: { readonly def: { readonly innerType: infer Inner } } }
    ? UnitOf<Inner>
    : Schema extends { readonly _zod: { readonly def: { readonly in: infer Written } } }
      ? UnitOf<Written>
      : '';

/** The same of a value. */
export function unitOf(schema: z.core.$ZodType): string {
  const unit = UNITS.get(schema)?.unit;
  if (unit !== undefined) return unit;
  const { innerType, in: written } = schema._zod.def as { innerType?: z.ZodType; in?: z.ZodType };
  const inner = innerType ?? written;
  return inner === undefined ? '' : unitOf(inner);
}
