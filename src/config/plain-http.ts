import { type Draft, getIn, isMap, type Path } from './draft.ts';
import { type Problem, wrongValue } from './problems.ts';
import { findSink } from '../sinks/registry.ts';
import { LOOPBACK } from './forms/text-forms.ts';

/**
 * Secrets travel over plain http to another machine only where `allowPlainHttp: true` says so: every machine in between can read
 * them. Addresses that are secrets as a whole are refused by their form already.
 */
export function plainHttpProblems(draft: Draft): Problem[] {
  const { sinks } = draft.tree;
  const ofSinks = Array.isArray(sinks) ? sinks.flatMap((sink, index) => ofSink(draft, sink, index)) : [];
  const heartbeat = getIn(draft.tree, ['heartbeat']);
  const isAllowed = !isMap(heartbeat) || isTrue(heartbeat.allowPlainHttp) || !isReadable(heartbeat.url);
  return isAllowed ? ofSinks : [...ofSinks, refused(draft, ['heartbeat', 'url'], 'the address is a secret')];
}

/** Each type of sink says what its addresses expose. */
function ofSink(draft: Draft, sink: unknown, index: number): Problem[] {
  if (!isMap(sink) || isTrue(sink.allowPlainHttp)) return [];
  return Object.entries(findSink(sink.type)?.own ?? {}).flatMap(([key, { exposes }]) => {
    const secret = exposes !== undefined && isReadable(sink[key]) ? exposes(sink) : null;
    return secret === null ? [] : [refused(draft, ['sinks', index, key], secret)];
  });
}

function refused(draft: Draft, path: Path, secret: string): Problem {
  return wrongValue(draft, path, `an https URL, because ${secret}; or allowPlainHttp: true beside it`);
}

/** Whether what is sent to `url` can be read on the way. */
function isReadable(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !LOOPBACK.test(hostname);
}

/** As the file has it, or a variable in it. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
