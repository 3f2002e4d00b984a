/** Reloads that a command asks for, and the answers of the daemons, in the rows of the processes that are alive. */
import type { Kysely } from 'kysely';
import type { ReloadAnswer, ReloadRequests, ReloadStatus } from '../declarations.ts';
import type { Schema } from '../sql/schema.ts';
import { isAlive, livingProcess } from './living-processes.ts';

/** The requests for reloads of a SQL database. */
export function createReloadRequests(db: Kysely<Schema>): ReloadRequests {
  return {
    requestReload: (now) =>
      db.transaction().execute(async (trx) => {
        await trx
          .updateTable('daemons')
          .set((row) => ({ reload_asked: row('reload_asked', '+', 1) }))
          .where((row) => isAlive(row, now))
          .where('role', '=', 'daemon')
          .execute();
        return await readReloads(trx, now);
      }),

    async answerReload(owner, request, answer) {
      await db
        .updateTable('daemons')
        .set({ reload_answered: request, reload_answer: JSON.stringify(answer) })
        .where('owner', '=', owner)
        .execute();
    },

    reloads: (now) => readReloads(db, now),
  };
}

async function readReloads(db: Kysely<Schema>, now: number): Promise<ReloadStatus[]> {
  const rows = await db
    .selectFrom('daemons')
    .selectAll()
    .where((row) => isAlive(row, now))
    .where('role', '=', 'daemon')
    .orderBy('started_at')
    .orderBy('owner')
    .execute();
  return rows.map((row) => ({
    daemon: livingProcess(row),
    asked: row.reload_asked,
    answered: row.reload_answered,
    answer: row.reload_answer === null ? null : (JSON.parse(row.reload_answer) as ReloadAnswer),
  }));
}
