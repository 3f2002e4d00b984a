import { DEFAULTS } from './defaults.ts';
import { type Draft, getIn, type Path, pathText } from './draft.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { type Problem, wrongValue } from './problems.ts';
import { SINK_SECTIONS } from './sinks/sections.ts';

/** A claim must outlive the longest piece of work done under it by this much, for writing down what came of it. */
const SETTLING_MS = 5000;

/** What `timeout` is by default, in ms, for each type of sink that has one. */
const SINK_TIMEOUTS: ReadonlyMap<unknown, number> = new Map(
  SINK_SECTIONS.flatMap(({ shape }) =>
    'timeout' in shape ? [[shape.type.value, shape.timeout.parse(undefined)] as const] : [],
  ),
);

/**
 * Rules between settings. They look at the draft, not at the checked file: so they are told together with
 * everything else, and a rule about a value that is wrong in itself says nothing.
 */
export function brokenRules(draft: Draft): Problem[] {
  return [
    ...intervalRules(draft),
    ...retryRules(draft),
    ...leaseRules(draft),
    ...uniquenessRules(draft, 'sinks', 'name', 'a name no other sink has'),
    ...uniquenessRules(draft, 'runs', 'id', 'each run once'),
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

/** A lease that ends while its work still runs would let a second worker do the same work. */
function leaseRules(draft: Draft): Problem[] {
  const leasePath: Path = ['store', 'lease'];
  const lease = spanAt(draft, leasePath, DEFAULTS.store.lease);
  if (lease === undefined) return [];
  const work: { path: Path; timeout: number | undefined; tries?: number }[] = [
    { path: ['api', 'timeout'], timeout: spanAt(draft, ['api', 'timeout'], DEFAULTS.api.timeout) },
    ...indexes(draft, 'sinks').map((index) => {
      const path: Path = ['sinks', index, 'timeout'];
      const usual = SINK_TIMEOUTS.get(getIn(draft.tree, ['sinks', index, 'type']));
      // A type without a timeout does nothing that lasts.
      if (usual === undefined) return { path, timeout: undefined };
      // What is told by a template may be told once more without, within one claim.
      const tries = getIn(draft.tree, ['sinks', index, 'template']) === undefined ? 1 : 2;
      return { path, timeout: spanAt(draft, path, undefined) ?? usual, tries };
    }),
  ];
  return work.flatMap(({ path, timeout, tries = 1 }) => {
    if (timeout === undefined || lease > tries * timeout + SETTLING_MS) return [];
    const times = tries === 1 ? '' : `${tries} × `;
    const sum = `${times}${pathText(path)} (${formatDuration(timeout)}) + ${formatDuration(SETTLING_MS)}`;
    return [
      { ...wrongValue(draft, leasePath, `more than ${sum}`), what: `the lease is ${formatDuration(lease)}` },
    ];
  });
}

function uniquenessRules(draft: Draft, list: string, key: string, allowed: string): Problem[] {
  const taken = new Set<string>();
  return indexes(draft, list).flatMap((index) => {
    const value = getIn(draft.tree, [list, index, key]);
    if (typeof value !== 'string') return [];
    if (taken.has(value)) return [wrongValue(draft, [list, index, key], allowed)];
    taken.add(value);
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
