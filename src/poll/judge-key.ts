import { draftKeyEvent, type EventDraft } from '../diff/event.ts';
import type { KeyChange, RunLease } from '../record/store.ts';
import type { AssessInput } from './verdict.ts';

/**
 * What an answer says about the key: a confirmed refusal opens the breaker for every run, the first answer about a run closes
 * it. Null when it says nothing; a passing failure proves neither.
 */
export function judgeKey({ lease, answer, policy, now }: AssessInput): KeyChange | null {
  const { episode, refused } = lease.key;
  const addressed = (draft: EventDraft) => ({ draft, ...policy.recipientsOf(draft) });
  if (answer.kind === 'unauthorized') {
    if (isFirstRefusal(lease) || isOwnFailure(lease) || mayBeOutage({ lease, now }, answer)) return null;
    const { status, reason } = answer;
    const data = { status, reason, ...(answer.refId === undefined ? {} : { ref_id: answer.refId }) };
    return {
      kind: 'refused',
      episode,
      fingerprint: policy.keyFingerprint,
      status,
      reason,
      probeAt: now + policy.maxIntervalMs,
      event: addressed(draftKeyEvent('findall.key.blocked', episode + 1, data)),
    };
  }
  const accepted = answer.kind === 'snapshot' || answer.kind === 'unchanged' || answer.kind === 'gone';
  if (!refused || !accepted) return null;
  return {
    kind: 'accepted',
    episode,
    fingerprint: policy.keyFingerprint,
    event: addressed(draftKeyEvent('findall.key.restored', episode, {})),
  };
}

/** How long a refusal that is not in the API's own words counts as an outage: a gateway may send it. */
const OUTAGE_FIRST_MS = 60_000;

/** Whether a refusal is not the API's own and has not lasted yet. Nobody outside knows what the service answers to a bad key. */
export function mayBeOutage(
  { lease, now }: Pick<AssessInput, 'lease' | 'now'>,
  { isApiError }: { isApiError: boolean },
): boolean {
  const since = lease.run.failingSinceAt ?? now;
  return !isApiError && now - since < OUTAGE_FIRST_MS;
}

/** A refusal that the next poll of the run has to confirm. */
export function isFirstRefusal({ run, key }: Pick<RunLease, 'run' | 'key'>): boolean {
  return run.refusals === 0 && !key.refused;
}

/** The run was refused before, and since then other runs were answered: with the same key, or the breaker would be open. */
export function isOwnFailure({
  run,
  key,
  othersSeenAt,
}: Pick<RunLease, 'run' | 'key' | 'othersSeenAt'>): boolean {
  return run.refusals > 0 && !key.refused && othersSeenAt !== null && othersSeenAt > (run.lastPollAt ?? 0);
}
