import type { Candidate } from '../../model.ts';
import { cleanJson, cleanText, webLink } from '../../text/clean-text.ts';
import { type BasisEntry, isRecord, readBasis, readOutput } from '../../diff/read-basis.ts';

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
  /** A word, or a share such as "90 %". */
  confidence: string;
  sources: { title: string; link: string }[];
}

/**
 * Describes a candidate, or the data of an event about one. Its fields may hold any JSON. Basis that supports no
 * field of the output, and a second one for the same field, are findings of their own.
 */
export function describeCandidate(
  candidate: Readonly<Partial<Candidate> & Record<string, unknown>>,
): CandidateDescription {
  const basis = Map.groupBy(readBasis(candidate.basis), ({ field }) => field);
  const output = new Map(readOutput(candidate.output));
  const fields = new Set([...output.keys(), ...basis.keys()]);
  return {
    name: cleanJson(candidate.name, 120) || '(no name)',
    link: linkOf(candidate.url),
    findings: [...fields].flatMap((field) => {
      const [first, ...more] = basis.get(field) ?? [];
      return [
        describeField(field, output.get(field), first),
        ...more.map((entry) => describeField(field, undefined, entry)),
      ];
    }),
  };
}

function describeField(field: string, output: unknown, basis: BasisEntry | undefined): Finding {
  return {
    field: cleanText(field, 80)
      .replaceAll('_', ' ')
      .replace(/ check$/, ''),
    ...describeValue(output),
    reasoning: cleanJson(basis?.reasoning, 400),
    confidence: confidenceText(basis?.confidence),
    sources: (basis?.citations ?? []).flatMap(({ url, title }) => {
      const link = linkOf(url);
      return link === null ? [] : [{ title: cleanJson(title, 100), link }];
    }),
  };
}

function describeValue(output: unknown): Pick<Finding, 'value' | 'holds'> {
  if (!isRecord(output) || !Object.hasOwn(output, 'value'))
    return { value: cleanJson(output, 200), holds: null };
  const { value, is_matched: holds } = output;
  return { value: cleanJson(value, 200), holds: typeof holds === 'boolean' ? holds : null };
}

function confidenceText(confidence: unknown): string {
  const isShare = typeof confidence === 'number' && confidence >= 0 && confidence <= 1;
  return isShare ? `${Math.round(confidence * 100)} %` : cleanJson(confidence, 20);
}

function linkOf(url: unknown): string | null {
  return typeof url === 'string' ? webLink(url) : null;
}
