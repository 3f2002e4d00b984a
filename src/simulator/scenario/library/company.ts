import type { FieldBasis } from '../../documented-result.ts';
import type { CandidateStep } from '../scenario.ts';
import { createRandom, seedFrom } from '../../seeded-random.ts';

/** An invented company, with what an invented search found out about it. */
export interface Company {
  name: string;
  /** Host below a reserved domain: nobody can own it. */
  site: string;
  description: string;
  findings: Finding[];
}

/** What was found about one match condition. */
export interface Finding {
  field: string;
  value: string;
  isMatched: boolean;
  confidence: 'high' | 'medium' | 'low';
  reasoning: string;
  /** Page below the company's site, or a whole URL. */
  source: string;
  title: string;
  excerpt: string;
}

/**
 * Two forms of output are documented: `typed` (`{value, type, is_matched}`, in the guides) and `flat`
 * (plain texts and a URL without a scheme, in the OpenAPI example).
 */
export type OutputForm = 'typed' | 'flat';

/** The same company is another candidate in another run. */
export function candidateIdOf(run: string, company: Company): string {
  return `candidate_${createRandom(seedFrom(`${run}/${company.name}`)).uuid()}`;
}

/** The candidate appears, not yet judged. */
export function introduced(
  run: string,
  atMs: number,
  company: Company,
  form: OutputForm = 'typed',
): CandidateStep {
  return {
    atMs,
    kind: 'candidate',
    candidate: {
      candidate_id: candidateIdOf(run, company),
      name: company.name,
      url: form === 'flat' ? company.site : `https://${company.site}`,
      description: company.description,
      match_status: 'generated',
    },
  };
}

/** The candidate is judged: matched when every finding is, unmatched otherwise, unless a status is given. */
export function judged(
  run: string,
  atMs: number,
  company: Company,
  given: { matchStatus?: string; form?: OutputForm; findings?: Finding[] } = {},
): CandidateStep {
  const findings = given.findings ?? company.findings;
  const verdict = findings.every((finding) => finding.isMatched) ? 'matched' : 'unmatched';
  return {
    atMs,
    kind: 'candidate',
    candidate: {
      candidate_id: candidateIdOf(run, company),
      match_status: given.matchStatus ?? verdict,
      output: Object.fromEntries(
        findings.map((finding) => [finding.field, outputOf(finding, given.form ?? 'typed')]),
      ),
      basis: findings.map((finding) => basisOf(company, finding)),
    },
  };
}

/** Why a finding holds, as the API words it. */
export function basisOf(company: Company, finding: Finding): FieldBasis {
  const url = finding.source.includes('://') ? finding.source : `https://${company.site}/${finding.source}`;
  return {
    field: finding.field,
    citations: [{ title: finding.title, url, excerpts: [finding.excerpt] }],
    reasoning: finding.reasoning,
    confidence: finding.confidence,
  };
}

function outputOf(finding: Finding, form: OutputForm): unknown {
  if (form === 'flat') return finding.isMatched ? 'yes' : 'no';
  return { value: finding.value, type: 'match_condition', is_matched: finding.isMatched };
}
