/** What a sink may subscribe to. */
import { EVENT_KINDS, EVENT_TYPES } from './catalogue.ts';

/** Every exact type, and every `prefix.*` that fits at least one type. */
export const EVENT_PATTERNS: readonly string[] = [...EVENT_TYPES, ...familiesOf(EVENT_TYPES)];

/** What a sink gets that names no events: whole families where all of a family is meant. */
export const DEFAULT_EVENTS: readonly string[] = defaultEvents();

function familiesOf(types: readonly string[]): string[] {
  const prefixes = types.flatMap((type) => {
    const words = type.split('.');
    return words.slice(1).map((_, end) => `${words.slice(0, end + 1).join('.')}.*`);
  });
  return [...new Set(prefixes)];
}

function defaultEvents(): string[] {
  const families = Map.groupBy(EVENT_TYPES, (type) => type.slice(0, type.lastIndexOf('.')));
  return [...families].flatMap(([family, types]) => {
    const defaults = types.filter((type) => EVENT_KINDS[type].isDefault);
    return defaults.length === types.length ? [`${family}.*`] : defaults;
  });
}

/** Whether a type is meant by a pattern: the type itself, or a family such as `findall.run.*`. */
export function isOfPattern(type: string, pattern: string): boolean {
  return pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));
}
