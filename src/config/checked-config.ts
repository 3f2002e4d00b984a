import { isPostgres } from '../record/store-place.ts';
import type { Config } from './config.ts';
import { withLibpqVariables } from './forms/postgres-url.ts';
import type { CheckedFile } from './schema.ts';
import { definitionOf } from '../sinks/registry.ts';
import type { Surroundings } from '../sinks/settings/sink-settings.ts';

/** The checked file as the program wants it: frozen, paths absolute, completed by what the process knows. */
export function toConfig(checked: CheckedFile, surroundings: Surroundings): Config {
  const { $schema: _, ...file } = checked;
  return deepFreeze<Config>({
    ...file,
    sinks: file.sinks.map((sink) => definitionOf(sink).toConfig(sink, surroundings)),
    store: { ...file.store, path: placeOf(file.store.path ?? '', surroundings) },
  });
}

function placeOf(place: string, { absolute, variables }: Surroundings): string {
  return isPostgres(place) ? withLibpqVariables(place, variables) : absolute(place);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
