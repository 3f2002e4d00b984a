import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely';
import type { Candidate } from '../../model.ts';
import { foldHost, foldName } from '../../text/fold-name.ts';
import { readRecorded } from '../../text/json-line.ts';
import type { CandidateName, CandidateSearch } from '../history.ts';
import type { CandidateTable, Schema } from '../sql/schema.ts';

/** Behind all that begins with the same text, in the order of code points. */
const BEHIND = '\u{10ffff}';
/** Of a version without names, which works beside this one while replicas are replaced. */
const MOST_UNNAMED = 10_000;

/** What is looked for, folded. */
interface Sought {
  name: string;
  host: string;
}

/** See `History.findCandidates`: two look-ups by an index, or with `part` a look through the index. */
export async function findCandidates(
  db: Kysely<Schema>,
  { text, how, findallId, limit }: CandidateSearch,
): Promise<CandidateName[]> {
  const sought = { name: foldName(text), host: foldHost(text) };
  if (sought.name === '') return [];
  const select = (where: (of: ExpressionBuilder<Schema, 'candidates'>) => ReturnType<typeof whereName>) => {
    const query = db.selectFrom('candidates').select(['findall_id', 'match_status', 'body']).where(where);
    return findallId === undefined ? query : query.where('findall_id', '=', findallId);
  };
  const named = await select((of) => whereName(of, how, sought))
    .orderBy('name_key')
    .orderBy('findall_id')
    .limit(limit)
    .execute();
  const unnamed = await select((of) => of('name_key', 'is', null))
    .limit(MOST_UNNAMED)
    .execute();
  const found = unnamed.map(candidateName).filter((each) => isSought(each, how, sought));
  return [...named.map(candidateName), ...found].slice(0, limit);
}

function whereName(
  of: ExpressionBuilder<Schema, 'candidates'>,
  how: CandidateSearch['how'],
  { name, host }: Sought,
) {
  if (how === 'part')
    return of(sql`name_key`, 'like', sql`${`%${name.replaceAll(/[\\%_]/g, '\\$&')}%`} escape '\\'`);
  if (how === 'start') return of.and([of('name_key', '>=', name), of('name_key', '<', `${name}${BEHIND}`)]);
  const isNamed = of('name_key', '=', name);
  return host === '' ? isNamed : of.or([isNamed, of('host_key', '=', host)]);
}

/** The same for a row whose keys nobody has written. */
function isSought(
  { candidate }: CandidateName,
  how: CandidateSearch['how'],
  { name, host }: Sought,
): boolean {
  const own = foldName(candidate.name);
  if (how === 'part') return own.includes(name);
  if (how === 'start') return own.startsWith(name);
  return own === name || (host !== '' && foldHost(candidate.url) === host);
}

function candidateName(
  row: Pick<Selectable<CandidateTable>, 'findall_id' | 'match_status' | 'body'>,
): CandidateName {
  const { findall_id: findallId, match_status: matchStatus, body } = row;
  return { findallId, matchStatus, candidate: readRecorded(body).value as Candidate };
}

/** See `History.candidateNames`: all of it stands in the index. */
export async function candidateNames(db: Kysely<Schema>, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('candidates')
    .select('name_key')
    .where('name_key', '>', '')
    .groupBy('name_key')
    .limit(limit)
    .execute();
  return rows.flatMap(({ name_key: name }) => (name === null ? [] : [name]));
}
