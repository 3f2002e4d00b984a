import { type Draft, isMap, type Origin, type Path, pathText } from '../draft.ts';
import type { Environment } from './environment.ts';
import type { Problem } from '../problems.ts';

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** As deep as a file is read; see `config-file.ts`. */
const MAX_DEPTH = 12;

/** The draft with `${VAR}` replaced, the names that were asked for, and problems keyed by the path they are at. */
export interface Interpolation {
  readonly draft: Draft;
  readonly names: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

type Fault = Pick<Problem, 'what' | 'allowed'>;

interface Replaced {
  readonly text: string;
  readonly names: readonly string[];
  readonly sources: readonly Origin[];
  readonly faults: readonly Fault[];
}

/**
 * Replaces `${VAR}` in every string by the variable's value, and `$${` by `${`. A value with a problem stays
 * as written; whether that matters is known only once environment and flags are laid over it.
 *
 * Builds a new tree: an alias of YAML makes two places share one object, which must not be replaced twice.
 */
export function interpolate(given: Draft, environment: Environment): Interpolation {
  const { tree, origins: lines } = given;
  const names = new Set<string>();
  const problems: Problem[] = [];
  const origins = new Map(lines);
  const written = new Map<string, string>();

  function replaced(text: string, path: Path): string {
    const key = pathText(path);
    const origin = lines.get(key) ?? '';
    const result = replaceReferences(text, environment);
    for (const name of result.names) names.add(name);
    problems.push(...result.faults.map((fault) => ({ key, ...fault, origin })));
    if (result.faults.length > 0) return text;
    if (result.sources.length > 0) {
      origins.set(key, `${origin} with ${[...new Set(result.sources)].join(', ')}`);
      written.set(key, text);
    }
    return result.text;
  }

  function copied(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return replaced(value, path);
    if (path.length > MAX_DEPTH) return null;
    if (Array.isArray(value)) return value.map((item, index) => copied(item, [...path, index]));
    return isMap(value) ? copiedMap(value, path) : value;
  }

  function copiedMap(value: Record<string, unknown>, path: Path): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, copied(item, [...path, key])]),
    );
  }

  return { draft: { tree: copiedMap(tree, []), origins, written }, names, problems };
}

function replaceReferences(text: string, environment: Environment): Replaced {
  const names: string[] = [];
  const sources: Origin[] = [];
  const faults: Fault[] = [];
  const result = text.replaceAll(REFERENCE, (whole: string, name: string | undefined, close: string) => {
    if (name === undefined) return '${';
    if (close === '' || !NAME.test(name)) {
      faults.push({ what: 'a ${ that names no variable', allowed: '${NAME}, or $${ for a plain ${' });
      return whole;
    }
    names.push(name);
    const found = environment.secret(name);
    if (found.kind === 'value') {
      sources.push(found.origin);
      return found.value;
    }
    faults.push(
      found.kind === 'unset'
        ? {
            what: `the environment variable ${name} is not set`,
            allowed: `a value in ${name} or ${name}_FILE`,
          }
        : { what: `${found.problem.key}: ${found.problem.what}`, allowed: found.problem.allowed },
    );
    return whole;
  });
  return { text: result, names, sources, faults };
}
