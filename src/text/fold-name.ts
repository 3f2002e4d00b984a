import { cleanJson, webLink } from './clean-text.ts';

/** Longer names are compared by their beginning. In code points: an index entry of PostgreSQL holds 2,704 bytes. */
const LONGEST = 200;

/** Marks that people leave out when they type a Latin name. */
const ACCENTS = /[\u0300-\u036f]/g;

/** A name of any JSON as names are compared: case, width, accents, spaces and invisible characters count for nothing. */
export function foldName(name: unknown): string {
  const folded = cleanJson(name, 2 * LONGEST)
    .normalize('NFKD')
    .replaceAll(ACCENTS, '')
    .normalize('NFC')
    .toLowerCase();
  return folded.length <= LONGEST ? folded : Array.from(folded).slice(0, LONGEST).join('');
}

/** The host of a web address, bare or whole, as hosts are compared: without `www.`. Empty when it is no web address. */
export function foldHost(url: unknown): string {
  const link = typeof url === 'string' ? webLink(url) : null;
  return link === null ? '' : new URL(link).hostname.replace(/^www\./, '');
}
