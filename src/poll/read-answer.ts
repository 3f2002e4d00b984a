import type { Prior } from '../diff/diff-snapshots.ts';
import { parseSnapshot } from './parse-snapshot.ts';
import type { PollAnswer, SourceAnswer } from './source.ts';

/** Reads what of a body is not remembered; anything but a snapshot of this run makes the answer invalid. Pure. */
export function readAnswer(received: SourceAnswer, findallId: string, prior: Prior): PollAnswer {
  if (received.kind !== 'body') return received;
  const { body, bodyDigest, bytes } = received;
  const remembered = new Map<string, string>();
  for (const [id, { textDigest }] of prior.candidates)
    if (textDigest !== null) remembered.set(textDigest, id);
  const parsed = parseSnapshot(body, findallId, remembered);
  return parsed.kind === 'snapshot' ? { ...parsed, bodyDigest, bytes } : parsed;
}
