import type { CandidateEventType } from '../run-event.ts';
import type { CandidateEventKind } from './event-kind.ts';
import { judged, unjudged } from './sample-content.ts';

/** A step on the way to a match, or away from it: nobody gets it who has not asked for it. */
const STEP = { isDefault: false, tone: 'news', mark: '·', style: ['dim'], givesReasons: false } as const;

/** The events about candidates, by type. */
export const CANDIDATE_EVENTS = {
  'findall.candidate.matched': {
    means: 'a candidate becomes a match, also when it is first seen (unless `baseline: silent`)',
    isDefault: true,
    logMessage: 'match found',
    ...{ tone: 'news', mark: '✔', style: ['green', 'bold'], word: '', givesReasons: true },
    sample: () => judged('matched'),
  },
  'findall.candidate.enriched': {
    means:
      "a match's output shows a value that it has not shown before (with `poll.enrichedBy: output-and-basis` also its basis)",
    isDefault: true,
    logMessage: 'match enriched',
    ...{ tone: 'news', mark: '✚', style: ['cyan'], word: 'enriched', givesReasons: true },
    sample: () => judged('matched'),
  },
  'findall.candidate.retracted': {
    means: 'two answers in a row say that a match is `unmatched` or `discarded`',
    isDefault: true,
    logMessage: 'match retracted',
    ...{ tone: 'warning', mark: '✘', style: ['yellow'], word: 'no longer a match', givesReasons: false },
    sample: () => judged('unmatched'),
  },
  'findall.candidate.generated': {
    means: 'a candidate was found and is not judged yet',
    ...STEP,
    logMessage: 'candidate generated',
    word: 'new candidate',
    sample: () => unjudged('generated'),
  },
  'findall.candidate.unmatched': {
    means: 'a candidate was judged and is no match',
    ...STEP,
    logMessage: 'candidate unmatched',
    word: 'no match',
    sample: () => judged('unmatched'),
  },
  'findall.candidate.discarded': {
    means: 'a candidate was left out without a judgement',
    ...STEP,
    logMessage: 'candidate discarded',
    word: 'discarded',
    sample: () => unjudged('discarded'),
  },
} as const satisfies Record<CandidateEventType, CandidateEventKind>;
