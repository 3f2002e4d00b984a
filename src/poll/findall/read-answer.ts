import type { Prior } from '../../diff/diff-snapshots.ts';
import { failureAt, foreignAt } from './asked-host.ts';
import { parseSnapshot } from './parse-snapshot.ts';
import type { PollAnswer, SourceAnswer } from '../source.ts';

/** Reads what of a body is not remembered; anything but a snapshot of this run makes the answer invalid. Pure. */
export function readAnswer(received: SourceAnswer, findallId: string, prior: Prior): PollAnswer {
  if (received.kind !== 'body') return received;
  const { origin, body, bodyDigest, bytes } = received;
  const remembered = new Map<string, string>();
  for (const [id, { textDigest }] of prior.candidates)
    if (textDigest !== null) remembered.set(textDigest, id);
  const parsed = parseSnapshot(body, findallId, remembered);
  if (parsed.kind === 'snapshot') return { ...parsed, bodyDigest, bytes };
  const { reason, isForeign } = parsed;
  return { kind: 'invalid', reason: isForeign ? foreignAt(origin, reason) : failureAt(origin, reason) };
}
