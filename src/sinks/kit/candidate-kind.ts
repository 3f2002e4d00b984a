/** What an event says of a candidate: the end of its type. */
export type CandidateKind = 'matched' | 'enriched' | 'retracted' | 'generated' | 'unmatched' | 'discarded';

/** What a candidate's name is followed by: nothing for a match, which is what is expected. */
export const KIND_WORDS: Readonly<Record<CandidateKind, string>> = {
  matched: '',
  enriched: 'enriched',
  retracted: 'no longer a match',
  generated: 'new candidate',
  unmatched: 'no match',
  discarded: 'discarded',
};

/** What a candidate's name is preceded by. */
export const KIND_MARKS: Readonly<Record<CandidateKind, string>> = {
  ...{ matched: '✔', enriched: '✚', retracted: '✘' },
  ...{ generated: '·', unmatched: '·', discarded: '·' },
};
