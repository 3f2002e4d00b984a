/**
 * What a match has shown, value by value: the memory that distinguishes an enrichment from a repetition. The order of keys and
 * lists makes no difference, what is absent for a while is remembered, and what is remembered is bounded.
 */
import type { Candidate } from '../model.ts';
import { type BasisEntry, isRecord, readBasis } from './read-basis.ts';
import { canonical, digest } from './content-digest.ts';

/** Digests of the values that a match has shown, those shown last at the end. */
export interface ShownValues {
  output: readonly string[];
  basis: readonly string[];
}

/** Values that are remembered of each kind, in addition to those that a match shows now. */
const MOST_REMEMBERED = 64;
/** Hex digits of a remembered value. 48 bits: values are compared with a hundred others of the same candidate. */
const VALUE_DIGITS = 12;

/** The values that a candidate shows: a digest for each field of its output and for each entry of its basis. */
export function valuesOf({ output, basis }: Candidate): ShownValues {
  return {
    output: fieldsOf(output).map(([field, value]) => valueDigest(field, canonical(value, 'unordered'))),
    basis: readBasis(basis).map((entry) => valueDigest(entry.field, basisText(entry))),
  };
}

/** Whether `now` holds a value that was not shown before. The basis counts only with `announceBasis`. */
export function hasNews(shown: ShownValues, now: ShownValues, announceBasis: boolean): boolean {
  return hasNewValue(shown.output, now.output) || (announceBasis && hasNewValue(shown.basis, now.basis));
}

/** What is remembered after `now` was shown. */
export function withShown(shown: ShownValues, now: ShownValues): ShownValues {
  return { output: added(shown.output, now.output), basis: added(shown.basis, now.basis) };
}

/**
 * What an enrichment announces, as its identity: the output, and the basis where that is announced. Without lists, and without
 * a basis, it is the text that identified an enrichment before the order of lists and the basis were left out.
 */
export function enrichmentDigest({ output, basis }: Candidate, announceBasis: boolean): string {
  const cited = announceBasis ? readBasis(basis).map((entry) => `${entry.field} ${basisText(entry)}`) : [];
  const basisPart = cited.length > 0 ? canonical(cited, 'unordered') : 'null';
  return digest(`[${canonical(output ?? null, 'unordered')},${basisPart}]`);
}

/** The text that the store keeps. */
export function writeShown({ output, basis }: ShownValues): string {
  return `${output.join(' ')}/${basis.join(' ')}`;
}

/** Reads `writeShown`. */
export function readShown(text: string): ShownValues {
  const [output = '', basis = ''] = text.split('/');
  return { output: wordsOf(output), basis: wordsOf(basis) };
}

function wordsOf(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

/** An output that is no object is one value. */
function fieldsOf(output: unknown): [string, unknown][] {
  if (output === null || output === undefined) return [];
  if (!isRecord(output)) return [['', output]];
  return Object.entries(output).filter(([, value]) => value !== null && value !== undefined);
}

/** Confidence and cited pages. Excerpts, titles and the wording of reasons change from answer to answer. */
function basisText({ confidence, citations }: BasisEntry): string {
  const urls = new Set(citations.map(({ url }) => canonical(url ?? null)));
  return JSON.stringify([canonical(confidence ?? null), [...urls].toSorted()]);
}

function valueDigest(field: string, text: string): string {
  return digest(JSON.stringify([field, text])).slice(0, VALUE_DIGITS);
}

function hasNewValue(shown: readonly string[], now: readonly string[]): boolean {
  const known = new Set(shown);
  return now.some((value) => !known.has(value));
}

function added(shown: readonly string[], now: readonly string[]): string[] {
  const current = new Set(now);
  const earlier = shown.filter((value) => !current.has(value));
  return [...earlier.slice(-MOST_REMEMBERED), ...current];
}
