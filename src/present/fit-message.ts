import type { RunEvent } from '../model.ts';
import { cutText } from './cut-text.ts';
import type { Finding } from './describe-candidate.ts';
import type { CandidateItem, Message } from './message.ts';

/** How much of a message is told: counts of things, and characters of a reason. */
interface Measure {
  candidates: number;
  findings: number;
  reasoning: number;
  sources: number;
  notices: number;
}

/** An address cannot be cut: one that is longer is left out. */
const LONGEST_LINK = 500;

const WHOLE: Measure = { candidates: 20, findings: 20, reasoning: 400, sources: 3, notices: 20 };

/** What is given up first: the reasons are shortened before a source is, a source before a condition, a match last. */
const MEASURES: readonly Measure[] = [
  WHOLE,
  { ...WHOLE, reasoning: 200, sources: 2 },
  { ...WHOLE, reasoning: 120, sources: 1, findings: 10 },
  { ...WHOLE, reasoning: 80, sources: 1, findings: 6 },
  { ...WHOLE, reasoning: 0, sources: 0, findings: 6, notices: 10 },
  { ...WHOLE, reasoning: 0, sources: 0, findings: 3, notices: 5 },
  { ...WHOLE, reasoning: 0, sources: 0, findings: 0, notices: 5 },
  ...[10, 5, 2, 1, 0].map((candidates) => ({
    ...{ candidates, findings: 0, reasoning: 0, sources: 0, notices: Math.max(1, Math.min(3, candidates)) },
  })),
];

/** Renders as much of `message` as `fits`: a service that takes less is told less, never nothing. */
export function fitMessage<Rendered>(
  message: Message,
  render: (message: Message) => Rendered,
  fits: (rendered: Rendered) => boolean,
): Rendered {
  let rendered = render(message);
  for (const measure of MEASURES) {
    rendered = render(measured(message, measure));
    if (fits(rendered)) break;
  }
  return rendered;
}

function measured(message: Message, measure: Measure): Message {
  const candidates = message.candidates.slice(0, measure.candidates);
  const left = message.candidates.length - candidates.length;
  const notices = message.notices.slice(0, measure.notices);
  const silent = message.notices.length - notices.length;
  const how = message.more?.how ?? `findall-watch show ${message.findallId ?? ''}`.trim();
  return {
    ...message,
    candidates: candidates.map((item) => measuredCandidate(item, measure)),
    more: left > 0 ? { count: (message.more?.count ?? 0) + left, how } : message.more,
    notices: silent > 0 ? [...notices, `+ ${silent} more`] : notices,
  };
}

function measuredCandidate(item: CandidateItem, measure: Measure): CandidateItem {
  const findings = item.findings.slice(0, measure.findings).map((finding) => ({
    ...finding,
    field: finding.field || '(no name)',
    reasoning: measure.reasoning === 0 ? '' : cutText(finding.reasoning, measure.reasoning, 'chars'),
    sources: finding.sources.filter(({ link }) => link.length <= LONGEST_LINK).slice(0, measure.sources),
  }));
  const left = item.findings.length - findings.length;
  return {
    ...item,
    link: item.link !== null && item.link.length > LONGEST_LINK ? null : item.link,
    findings: left > 0 && measure.findings > 0 ? [...findings, moreFindings(left)] : findings,
  };
}

function moreFindings(count: number): Finding {
  const nothing = { value: '', holds: null, reasoning: '', confidence: '', sources: [] };
  return { field: `+ ${count} more`, ...nothing };
}

/** Whose ids stand where: those of the candidates, in the order of `Message.candidates`, and all others. */
export function idsByPlace(events: readonly RunEvent[]): {
  candidates: string[];
  notices: string[];
  ending: string | null;
} {
  const isCandidate = ({ type }: RunEvent) => type.startsWith('findall.candidate.');
  const ending = events.findLast(({ summary }) => summary !== undefined);
  const others = events.filter((event) => !isCandidate(event) && event !== ending);
  return {
    candidates: events.filter(isCandidate).map(({ id }) => id),
    notices: [...new Set(others.map(({ id }) => id))],
    ending: ending?.id ?? null,
  };
}

/** What a candidate's name is followed by: nothing for a match, which is what is expected. */
export const KIND_WORDS: Readonly<Record<CandidateItem['kind'], string>> = {
  matched: '',
  enriched: 'enriched',
  retracted: 'no longer a match',
  generated: 'new candidate',
  unmatched: 'no match',
  discarded: 'discarded',
};

/** "✓" for a condition that holds, "✗" for one that does not, a dot for what nobody judged. */
export function findingMark({ holds }: Finding): string {
  if (holds === null) return '•';
  return holds ? '✓' : '✗';
}

/** "high confidence", or nothing. */
export function confidenceText({ confidence }: Finding): string {
  return confidence === '' ? '' : `${confidence} confidence`;
}

/** What a source is called: its title, else its host. A title that poses as an address loses its scheme. */
export function sourceName({ title, link }: Finding['sources'][number], length = 60): string {
  const name = title.replaceAll(/https?:\/*/gi, '').trim();
  return cutText(name === '' ? new URL(link).hostname : name, length, 'chars');
}

/** The address to show beside a name, so that nobody has to guess where it leads. */
export function hostOf(link: string): string {
  return new URL(link).hostname.replace(/^www\./, '');
}

/** What a headline begins with where a service has no colour for it. */
export const TONE_MARKS: Readonly<Record<Message['tone'], string>> = {
  news: '',
  warning: '⚠️ ',
  alarm: '🚨 ',
};
