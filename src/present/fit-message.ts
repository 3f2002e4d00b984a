import { cutText } from './cut-text.ts';
import type { Finding } from './describe-candidate.ts';
import { type CandidateItem, type Item, type Message, showCommand } from './message.ts';
import { shortenText } from './template-text.ts';

/** How much of a message is told: counts of things, and characters of a reason and of the operator's texts. */
interface Measure {
  items: number;
  findings: number;
  reasoning: number;
  sources: number;
  notices: number;
  text: number;
}

/** An address cannot be cut: one that is longer is left out. */
const LONGEST_LINK = 500;

const WHOLE: Measure = {
  ...{ items: Infinity, findings: 20, reasoning: 400, sources: 3, notices: Infinity, text: 3000 },
};

/** What is given up first: the reasons are shortened before a source is, a source before a condition, a match last. */
const MEASURES: readonly Measure[] = [
  WHOLE,
  { ...WHOLE, reasoning: 200, sources: 2, text: 1500 },
  { ...WHOLE, reasoning: 120, sources: 1, findings: 10, text: 800 },
  { ...WHOLE, reasoning: 80, sources: 1, findings: 6, text: 500 },
  { ...WHOLE, reasoning: 0, sources: 0, findings: 6, notices: 10, text: 300 },
  { ...WHOLE, reasoning: 0, sources: 0, findings: 3, notices: 5, text: 200 },
  { ...WHOLE, reasoning: 0, sources: 0, findings: 0, notices: 5, text: 120 },
  ...[24, 15, 10, 5, 2, 1, 0].map((items) => ({
    ...{ items, findings: 0, reasoning: 0, sources: 0, notices: Math.max(1, Math.min(3, items)), text: 120 },
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
  const { ending } = message;
  const items = message.items.slice(0, measure.items);
  const notices = message.notices.slice(-measure.notices);
  return {
    ...message,
    items: items.map((item) => measuredItem(item, measure)),
    more: moreOf(message, items.length + notices.length),
    notices,
    noticeIds: message.noticeIds.slice(-measure.notices),
    ending: ending?.kind === 'text' ? { ...ending, text: shortenText(ending.text, measure.text) } : ending,
  };
}

/** What is left when only so many of the items and notices are told. */
export function moreOf({ items, notices, more, findallId }: Message, told: number): Message['more'] {
  const count = (more?.count ?? 0) + items.length + notices.length - told;
  return count > 0 ? { count, how: showCommand(findallId) } : null;
}

function measuredItem(item: Item, measure: Measure): Item {
  return item.kind === 'text'
    ? { ...item, text: shortenText(item.text, measure.text) }
    : measuredCandidate(item, measure);
}

function measuredCandidate(item: CandidateItem, measure: Measure): CandidateItem {
  const news = tellsWhy(item.kind) ? item.findings : [];
  const findings = news.slice(0, measure.findings).map((finding) => ({
    ...finding,
    field: finding.field || '(no name)',
    reasoning: measure.reasoning === 0 ? '' : cutText(finding.reasoning, measure.reasoning, 'chars'),
    sources: finding.sources.filter(({ link }) => link.length <= LONGEST_LINK).slice(0, measure.sources),
  }));
  const left = news.length - findings.length;
  return {
    ...item,
    link: item.link !== null && item.link.length > LONGEST_LINK ? null : item.link,
    findings: left > 0 && measure.findings > 0 ? [...findings, moreFindings(left)] : findings,
  };
}

/** Why is told of what is news: beneath a retraction, reasons to match would mislead. */
export function tellsWhy(kind: CandidateItem['kind']): boolean {
  return kind === 'matched' || kind === 'enriched';
}

function moreFindings(count: number): Finding {
  const nothing = { value: '', holds: null, reasoning: '', confidence: '', sources: [] };
  return { field: `+ ${count} more`, ...nothing };
}

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
