import type { Candidate, TrackedRun } from '../model.ts';
import { cleanText, spanText } from './clean-text.ts';
import { describeCandidate } from './describe-candidate.ts';
import { findingLines, plain } from './event-lines.ts';

/** A run of the registry in columns: id, label, where its watch stands, status, counts, next poll. */
export function runText(run: TrackedRun, now: number): string[] {
  const { status, metrics, termination_reason: reason } = run.run?.status ?? {};
  const why = reason ? ` (${cleanText(reason, 40)})` : '';
  const counts = metrics
    ? `${metrics.matched_candidates_count ?? 0}/${metrics.generated_candidates_count ?? 0} matched`
    : 'not seen yet';
  return [
    run.findallId,
    run.label === null ? '-' : cleanText(run.label, 40),
    run.state,
    `${cleanText(status ?? '-', 30)}${why}`,
    counts,
    run.nextPollAt === null ? 'no more polls' : `next poll in ${spanText(Math.max(0, run.nextPollAt - now))}`,
    ...(run.failures > 0 ? [`${run.failures} failed polls`] : []),
  ];
}

/** A candidate with everything that was found and why. */
export function candidateText(candidate: Candidate): string[] {
  const { name, link, findings } = describeCandidate(candidate);
  const title = `${cleanText(candidate.match_status, 30)}: ${name}${link === null ? '' : `  ${link}`}`;
  const description = cleanText(candidate.description ?? '', 300);
  const details = [
    ...(description === '' ? [] : [description]),
    ...findings.flatMap((finding) => findingLines(finding, plain)),
  ];
  return [title, ...details.map((line) => `    ${line}`)];
}
