import type { PriorCandidate, Snapshot } from '../model.ts';

/** How a snapshot differs from the one before in which candidates it has, as their ids. */
export interface Sightings {
  /** It lacks them, and the snapshot before had them. */
  vanished: string[];
  /** It has them again, and the snapshot before lacked them. */
  returned: string[];
}

/** The sightings of a snapshot. Candidates that it has for the first time are neither. Pure. */
export function sightingsIn(
  prior: ReadonlyMap<string, PriorCandidate>,
  { candidates, textDigests }: Pick<Snapshot, 'candidates' | 'textDigests'>,
): Sightings {
  const listed = new Set(candidates.map((candidate) => candidate.candidate_id));
  const sightings: Sightings = { vanished: [], returned: [] };
  for (const [id, { lastSeenAt }] of prior) {
    const isHere = listed.has(id) || textDigests?.has(id) === true;
    if (!isHere && lastSeenAt === undefined) sightings.vanished.push(id);
    if (isHere && lastSeenAt !== undefined) sightings.returned.push(id);
  }
  return sightings;
}
