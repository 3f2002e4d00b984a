import type { Candidate, FieldBasis } from '../model.ts';
import { cleanText, webLink } from './clean-text.ts';

/** A candidate in words for people: cleaned of everything a terminal could be fooled with. */
export interface CandidateDescription {
  name: string;
  link: string | null;
  findings: Finding[];
}

/** One field of a candidate's output with what supports it. */
export interface Finding {
  field: string;
  value: string;
  /** Whether the condition holds; null for enrichments and plain outputs, where nobody said. */
  holds: boolean | null;
  reasoning: string;
  confidence: string;
  sources: { title: string; link: string }[];
}

/** Describes a candidate, whichever of the documented shapes its output has. Fields of basis alone are findings too. */
export function describeCandidate(candidate: Candidate): CandidateDescription {
  const basis = new Map((candidate.basis ?? []).map((entry) => [entry.field, entry]));
  const output = candidate.output ?? {};
  const fields = new Set([...Object.keys(output), ...basis.keys()]);
  return {
    name: cleanText(candidate.name, 120) || '(no name)',
    link: webLink(candidate.url),
    findings: [...fields].map((field) => describeField(field, output[field], basis.get(field))),
  };
}

function describeField(field: string, output: unknown, basis: FieldBasis | undefined): Finding {
  const sources = (basis?.citations ?? []).flatMap(({ url, title }) => {
    const link = webLink(url);
    return link === null ? [] : [{ title: cleanText(title ?? '', 100), link }];
  });
  return {
    field: cleanText(field, 80)
      .replaceAll('_', ' ')
      .replace(/ check$/, ''),
    ...describeValue(output),
    reasoning: cleanText(basis?.reasoning ?? '', 400),
    confidence: cleanText(basis?.confidence ?? '', 20),
    sources,
  };
}

function describeValue(output: unknown): Pick<Finding, 'value' | 'holds'> {
  if (typeof output === 'object' && output !== null && 'value' in output) {
    const holds = 'is_matched' in output && typeof output.is_matched === 'boolean' ? output.is_matched : null;
    return { value: textOf(output.value), holds };
  }
  return { value: textOf(output), holds: null };
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return cleanText(typeof value === 'string' ? value : JSON.stringify(value), 200);
}
