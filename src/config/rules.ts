import { type Draft, getIn, type Path, pathText } from './draft.ts';
import { formatDuration, parseDuration } from './forms/duration.ts';
import { plainHttpProblems } from './plain-http.ts';
import { type Problem, wrongValue } from './problems.ts';
import { parseRunId } from './forms/run-id.ts';
import { placedIn, usualOf } from './settings.ts';

/**
 * Rules between settings. They look at the draft, not at the checked file: so they are reported together with
 * everything else, and a rule about a value that is wrong in itself says nothing.
 */
export function brokenRules(draft: Draft): Problem[] {
  return [
    ...spanRules(draft),
    ...plainHttpProblems(draft),
    ...uniquenessRules(draft, 'sinks', 'name', 'a name no other sink has'),
    ...uniquenessRules(draft, 'runs', 'id', 'each run once', (id) => parseRunId(id) ?? id),
  ];
}

/** Spans that may not exceed another one. */
function spanRules(draft: Draft): Problem[] {
  return placedIn(draft.tree).flatMap(({ key, path, facts }) => {
    if (facts.kind !== 'value' || facts.atMost === undefined) return [];
    const span = spanAt(draft, path, key);
    const limitPath = pathOf(facts.atMost, path);
    const limit = spanAt(draft, limitPath, facts.atMost);
    if (span === undefined || limit === undefined || span <= limit) return [];
    const problem = wrongValue(draft, path, `at most ${pathText(limitPath)} (${formatDuration(limit)})`);
    const isUsual = problem.what === 'missing';
    return [isUsual ? { ...problem, what: `the default is ${formatDuration(span)}` } : problem];
  });
}

/** As it is given, or by default. */
function spanAt(draft: Draft, path: Path, key: string): number | undefined {
  const given = getIn(draft.tree, path);
  return parseDuration(given === undefined ? usualOf(key) : given);
}

/** Where a key is for a setting at `near`: each `[]` is the item that this one is in. */
function pathOf(key: string, near: Path): Path {
  return key.split('.').flatMap((name, depth) => {
    return name.endsWith('[]') ? [name.slice(0, -2), near[depth + 1] ?? 0] : [name];
  });
}

/** `meaning`: what two different texts may have in common. */
function uniquenessRules(
  draft: Draft,
  list: string,
  key: string,
  allowed: string,
  meaning = (value: string) => value,
): Problem[] {
  const taken = new Set<string>();
  return indexes(draft, list).flatMap((index) => {
    const value = getIn(draft.tree, [list, index, key]);
    if (typeof value !== 'string') return [];
    if (taken.has(meaning(value))) return [wrongValue(draft, [list, index, key], allowed)];
    taken.add(meaning(value));
    return [];
  });
}

function indexes(draft: Draft, list: string): number[] {
  const items = draft.tree[list];
  return Array.isArray(items) ? [...items.keys()] : [];
}
