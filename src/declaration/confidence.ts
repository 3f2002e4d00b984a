/** How sure the API is that a candidate is a match: the confidences in the basis of its match conditions. */
import { CONFIDENCES, type Filter } from './declaration.ts';
import { isRecord, readBasis } from '../diff/read-basis.ts';

/** A match condition with what the API says of it; null: no confidence that this version knows. */
interface Judged {
  field: string;
  confidence: (typeof CONFIDENCES)[number] | null;
}

/** Fields that are named in a reason; the others are counted. */
const MOST_NAMED = 3;

/**
 * The match conditions of a candidate that are less sure than the filter asks for, such as `seed funding: low`. Empty: the
 * candidate is sure enough.
 */
export function unsureConditions(
  { minConfidence, unknownConfidence }: Filter,
  data: Readonly<Record<string, unknown>>,
): string[] {
  if (minConfidence === null) return [];
  const least = CONFIDENCES.indexOf(minConfidence);
  const unknownRank = unknownConfidence === 'low' ? 0 : Infinity;
  const rankOf = ({ confidence }: Judged) =>
    confidence === null ? unknownRank : CONFIDENCES.indexOf(confidence);
  const judged = conditionsOf(data);
  if (judged.length === 0) return unknownRank < least ? ['no basis, which counts as low'] : [];
  return judged
    .filter((each) => rankOf(each) < least)
    .toSorted((one, other) => rankOf(one) - rankOf(other))
    .map(({ field, confidence }) => `${nameOf(field)}: ${confidence ?? 'unknown, which counts as low'}`);
}

/** At most three of them, and how many more there are. */
export function unsureText(unsure: readonly string[]): string {
  const more = unsure.length - MOST_NAMED;
  return `${unsure.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * Where the output says which fields are match conditions, these and no other; one without a basis entry is unknown. Where it
 * does not, every field with a basis entry, except enrichments and elements of a list (`key_executives.0`).
 */
function conditionsOf({ output, basis }: Readonly<Record<string, unknown>>): Judged[] {
  const entries = readBasis(basis).map(({ field, confidence }) => ({
    field,
    confidence: CONFIDENCES.find((known) => known === confidence) ?? null,
  }));
  const fields = isRecord(output) ? output : {};
  const conditions = Object.keys(fields).filter((field) => typeOf(fields[field]) === 'match_condition');
  if (conditions.length === 0)
    return entries.filter(({ field }) =>
      Object.hasOwn(fields, field) ? typeOf(fields[field]) !== 'enrichment' : !LIST_ELEMENT.test(field),
    );
  return conditions.flatMap((condition) => {
    const own = entries.filter(({ field }) => field === condition);
    return own.length > 0 ? own : [{ field: condition, confidence: null }];
  });
}

const LIST_ELEMENT = /\.\d+(?:\.|$)/;

function typeOf(value: unknown): unknown {
  return isRecord(value) ? value.type : undefined;
}

/** As messages name it. */
function nameOf(field: string): string {
  return field
    .slice(0, 60)
    .replaceAll('_', ' ')
    .replace(/ check$/, '');
}
