import { DEFAULTS } from './defaults.ts';
import { type Draft, getIn, type Path, pathText } from './draft.ts';
import { formatDuration, parseDuration } from './forms/duration.ts';
import { plainHttpProblems } from './plain-http.ts';
import { type Problem, wrongValue } from './problems.ts';
import { parseRunId } from './forms/run-id.ts';

/**
 * Rules between settings. They look at the draft, not at the checked file: so they are told together with
 * everything else, and a rule about a value that is wrong in itself says nothing.
 */
export function brokenRules(draft: Draft): Problem[] {
  return [
    ...intervalRules(draft),
    ...retryRules(draft),
    ...plainHttpProblems(draft),
    ...uniquenessRules(draft, 'sinks', 'name', 'a name no other sink has'),
    ...uniquenessRules(draft, 'runs', 'id', 'each run once', (id) => parseRunId(id) ?? id),
  ];
}

function intervalRules(draft: Draft): Problem[] {
  const max = spanAt(draft, ['poll', 'maxInterval'], DEFAULTS.poll.maxInterval);
  const general = atMost(draft, ['poll', 'interval'], DEFAULTS.poll.interval, max, 'poll.maxInterval');
  const own = indexes(draft, 'runs').flatMap((index) =>
    atMost(draft, ['runs', index, 'interval'], undefined, max, 'poll.maxInterval'),
  );
  return [...general, ...own];
}

function retryRules(draft: Draft): Problem[] {
  return indexes(draft, 'sinks').flatMap((index) => {
    const retry: Path = ['sinks', index, 'retry'];
    const max = spanAt(draft, [...retry, 'max'], DEFAULTS.sink.retry.max);
    return atMost(draft, [...retry, 'first'], DEFAULTS.sink.retry.first, max, `${pathText(retry)}.max`);
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

function atMost(
  draft: Draft,
  path: Path,
  fallback: string | undefined,
  limit: number | undefined,
  limitKey: string,
): Problem[] {
  const span = spanAt(draft, path, fallback);
  if (span === undefined || limit === undefined || span <= limit) return [];
  const problem = wrongValue(draft, path, `at most ${limitKey} (${formatDuration(limit)})`);
  return [
    {
      ...problem,
      what: problem.what === 'missing' ? `the default is ${formatDuration(span)}` : problem.what,
    },
  ];
}

function spanAt(draft: Draft, path: Path, fallback: string | undefined): number | undefined {
  const given = getIn(draft.tree, path);
  return parseDuration(given === undefined ? fallback : given);
}

function indexes(draft: Draft, list: string): number[] {
  const items = draft.tree[list];
  return Array.isArray(items) ? [...items.keys()] : [];
}
