import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import {
  type Document,
  isAlias,
  isMap as isMapNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from 'yaml';
import { isMap, type Origin, type Path, pathText } from '../draft.ts';
import type { Environment } from './environment.ts';
import { usualFiles } from './places.ts';
import type { Problem } from '../problems.ts';
import { reasonOf, remedyOf } from './read-failure.ts';
import { readText } from './read-text.ts';
import { firstFault } from './yaml-fault.ts';

/** The file as read: nothing in it is checked or replaced yet. */
export interface ConfigFile {
  readonly path: string;
  readonly tree: Record<string, unknown>;
  /** File and line of every value, by written path. */
  readonly origins: Map<string, Origin>;
  readonly problems: readonly Problem[];
}

/** Deeper than any setting: a file that contains itself through an alias ends here. */
const MAX_DEPTH = 12;

/**
 * Finds the file: the flag's, else FINDALL_WATCH_CONFIG's, else the first of the usual places that exists. That of the working
 * directory, the first of them, only if it `isTrusted`.
 */
export function locateFile(
  flag: string | undefined,
  environment: Environment,
  cwd: string,
  isTrusted: boolean,
): { path: string; namedBy: Origin | null } | null {
  if (flag !== undefined) return { path: resolve(cwd, flag), namedBy: 'flag --config' };
  const named = environment.plain('FINDALL_WATCH_CONFIG');
  if (named.kind === 'value') return { path: resolve(cwd, named.value), namedBy: named.origin };
  const places = usualFiles(environment.variables, cwd);
  const path = (isTrusted ? places : places.slice(1)).find((each) => existsSync(each));
  return path === undefined ? null : { path, namedBy: null };
}

/** Reads the file. The first error of YAML is reported by line, column and kind. */
export function readConfigFile(path: string, namedBy: Origin | null, cwd: string): ConfigFile {
  const name = displayPath(path, cwd);
  const origin = namedBy ?? 'its usual place';
  const broken = (what: string, allowed: string): ConfigFile => ({
    path,
    tree: {},
    origins: new Map(),
    problems: [{ key: name, what, allowed, origin }],
  });
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    return broken(reasonOf(error), remedyOf(error, 'a readable YAML file', name));
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const fault = firstFault(document, lines);
  if (fault !== null) return broken(fault.what, fault.allowed);
  let tree: unknown;
  try {
    tree = document.toJS() ?? {};
  } catch {
    return broken('an alias (*name) without its anchor (&name), or too many of them', 'YAML 1.2');
  }
  if (!isMap(tree)) return broken('it holds something else than settings', 'a map of settings');
  return { path, tree, origins: linesOf(document, lines, name), problems: [] };
}

function linesOf(document: Document, lines: LineCounter, name: string): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  function walk(node: unknown, path: Path, offset: number | undefined): void {
    if (path.length > MAX_DEPTH) return;
    if (path.length > 0) {
      origins.set(pathText(path), offset === undefined ? name : `${name}:${lines.linePos(offset).line}`);
    }
    const resolved = isAlias(node) ? node.resolve(document) : node;
    if (isSeq(resolved)) {
      for (const [index, item] of resolved.items.entries()) walk(item, [...path, index], startOf(item));
    }
    if (!isMapNode(resolved)) return;
    for (const { key, value } of resolved.items) {
      walk(value, [...path, isScalar(key) ? String(key.value) : ''], startOf(key));
    }
  }
  walk(document.contents, [], undefined);
  return origins;
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] | null } | null)?.range?.[0];
}

/** Relative when it lies under the working directory: that is how people name it. */
export function displayPath(path: string, cwd: string): string {
  const fromHere = relative(cwd, path);
  return fromHere.startsWith('..') || isAbsolute(fromHere) ? path : fromHere;
}
