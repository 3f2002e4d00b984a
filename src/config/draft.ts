/** Where a value is: `['sinks', 1, 'url']`. */
export type Path = readonly (string | number)[];

/** Where a value came from, in words: `env PARALLEL_BASE_URL`, `config/findall-watch.yaml:4`, `flag --store`. */
export type Origin = string;

/** The origin of everything nobody set. */
export const DEFAULT_ORIGIN: Origin = 'default';

/** The settings as given so far, still unchecked, with where each came from. */
export interface Draft {
  readonly tree: Record<string, unknown>;
  /** By written path, containers included. What is missing here is a default. */
  readonly origins: Map<string, Origin>;
  /** The text in the file of values that held `${VAR}`: it may be shown where the value may not. */
  readonly written: Map<string, string>;
}

/** `sinks[1].url` */
export function pathText(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

/** A map, as opposed to a list, a plain value or nothing. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path; undefined when there is none. */
export function getIn(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/**
 * Sets a value over the one that was there. A container of the wrong shape on the way stays as it is:
 * the check reports it, and a value set beneath it would hide that.
 */
export function setIn(draft: Draft, path: Path, value: unknown, origin: Origin): void {
  const last = path.at(-1);
  let parent: unknown = draft.tree;
  for (const [depth, step] of path.slice(0, -1).entries()) {
    if (typeof parent !== 'object' || parent === null) return;
    const container = parent as Record<string | number, unknown>;
    if (container[step] === undefined) {
      container[step] = {};
      draft.origins.set(pathText(path.slice(0, depth + 1)), origin);
    }
    parent = container[step];
  }
  if (last === undefined || typeof parent !== 'object' || parent === null) return;
  forget(draft, pathText(path));
  (parent as Record<string | number, unknown>)[last] = value;
  draft.origins.set(pathText(path), origin);
}

/** The origin of a value, or of the nearest container around it. */
export function originAround(draft: Draft, path: Path): Origin {
  const depths = path.map((_, index) => path.length - index);
  const known = depths.map((depth) => draft.origins.get(pathText(path.slice(0, depth))));
  return known.find((origin) => origin !== undefined) ?? DEFAULT_ORIGIN;
}

function forget(draft: Draft, key: string): void {
  const isInside = (each: string) => each === key || each.startsWith(`${key}.`) || each.startsWith(`${key}[`);
  for (const origins of [draft.origins, draft.written]) {
    for (const each of origins.keys()) if (isInside(each)) origins.delete(each);
  }
}
