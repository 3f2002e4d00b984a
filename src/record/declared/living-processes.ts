/** Which processes are alive on a SQL store: those that were seen a short while ago. */
import type { Expression, ExpressionBuilder, Kysely, Selectable, SqlBool } from 'kysely';
import type { LivingProcess, Presence } from '../declarations.ts';
import type { DaemonTable, Schema } from '../sql/schema.ts';

/** A process that has not been seen for so long is taken for dead: three beats. */
export const ALIVE_MS = 15_000;

/** A time ahead was written before the clock was set back: it counts as long as one behind. */
export function isAlive(row: ExpressionBuilder<Schema, 'daemons'>, now: number): Expression<SqlBool> {
  return row.and([row('seen_at', '>', now - ALIVE_MS), row('seen_at', '<', now + ALIVE_MS)]);
}

/** By their start. */
export async function livingProcesses(db: Kysely<Schema>, now: number): Promise<LivingProcess[]> {
  const rows = await db
    .selectFrom('daemons')
    .selectAll()
    .where((row) => isAlive(row, now))
    .orderBy('started_at')
    .orderBy('owner')
    .execute();
  return rows.map(livingProcess);
}

/** A process, of its row. */
export function livingProcess(row: Selectable<DaemonTable>): LivingProcess {
  const { owner, host, version, generation, started_at: startedAt, seen_at: seenAt } = row;
  return { owner, role: row.role as Presence['role'], host, version, generation, startedAt, seenAt };
}
