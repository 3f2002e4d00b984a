import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Schema, SinkTable } from '../sql/schema.ts';
import { statement } from '../sql/statement.ts';

/** The row of a sink; made with its first mention. */
export async function sinkRow(trx: Transaction<Schema>, name: string): Promise<Selectable<SinkTable>> {
  return (await sinkNamed.first(trx, { name })) ?? (await mentioned(trx, name, sinkByName(trx, { name })));
}

/** The row of a sink, if there is one. */
export const sinkNamed = statement<{ name: string }, Selectable<SinkTable>>(sinkByName);

function sinkByName(db: Kysely<Schema>, { name }: { name: string }) {
  return db.selectFrom('sinks').selectAll().where('name', '=', name);
}

/** The same, and nobody else decides by it or changes it before this transaction ends. */
export async function lockedSinkRow(trx: Transaction<Schema>, name: string): Promise<Selectable<SinkTable>> {
  const find = sinkByName(trx, { name }).forUpdate();
  return (await find.executeTakeFirst()) ?? (await mentioned(trx, name, find));
}

async function mentioned(
  trx: Transaction<Schema>,
  name: string,
  find: { executeTakeFirstOrThrow(): Promise<Selectable<SinkTable>> },
): Promise<Selectable<SinkTable>> {
  await mention(trx, name);
  return await find.executeTakeFirstOrThrow();
}

/** Makes the rows of sinks that have none, in the order in which several are locked everywhere. */
export async function mentionAll(trx: Transaction<Schema>, names: readonly string[]): Promise<void> {
  for (const name of names.toSorted()) await mention(trx, name);
}

async function mention(trx: Transaction<Schema>, name: string): Promise<void> {
  await trx
    .insertInto('sinks')
    .values({ name, state: 'running', episode: 1, sent_at: '[]' })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
}

/** The update of one sink. */
export function ofSink(trx: Transaction<Schema>, name: string) {
  return trx.updateTable('sinks').where('name', '=', name);
}
