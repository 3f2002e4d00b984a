import { ExactNumber } from '../text/exact-number.ts';

/** What supports one field of an output. Only its place is sure: every value may be any JSON, or absent. */
export interface BasisEntry {
  field: string;
  reasoning?: unknown;
  confidence?: unknown;
  citations: { url?: unknown; title?: unknown }[];
}

/** Where a basis that names no field belongs. */
const NO_FIELD = 'basis';

/**
 * The entries of a basis, in whichever shape it came: the documented list, a map by field, one entry alone. What is no
 * entry is taken for the reasoning of one.
 */
export function readBasis(basis: unknown): BasisEntry[] {
  if (Array.isArray(basis)) return basis.flatMap((entry: unknown) => readEntry(NO_FIELD, entry));
  if (!isRecord(basis) || typeof basis.field === 'string') return readEntry(NO_FIELD, basis);
  return Object.entries(basis).flatMap(([field, entry]) => readEntry(field, entry));
}

/** A map of JSON, and neither null nor a list nor a number with all its digits. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

/** `place` names the field where the entry itself does not. */
function readEntry(place: string, entry: unknown): BasisEntry[] {
  if (entry === undefined || entry === null) return [];
  if (!isRecord(entry)) return [{ field: place, reasoning: entry, citations: [] }];
  const { field, reasoning, confidence, citations } = entry;
  const named = typeof field === 'string' && field !== '' ? field : place;
  return [{ field: named, reasoning, confidence, citations: readCitations(citations) }];
}

function readCitations(citations: unknown): BasisEntry['citations'] {
  const list: unknown[] = Array.isArray(citations) ? citations : [citations];
  return list.flatMap((citation): BasisEntry['citations'] => {
    if (isRecord(citation)) return [{ url: citation.url, title: citation.title }];
    return typeof citation === 'string' ? [{ url: citation }] : [];
  });
}

/** The fields of an output; one that has none is a field itself. */
export function readOutput(output: unknown): [field: string, value: unknown][] {
  if (output === undefined || output === null) return [];
  return isRecord(output) ? Object.entries(output) : [['output', output]];
}
