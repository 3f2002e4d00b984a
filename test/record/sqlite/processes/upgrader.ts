/** Opens the database of every path it hears as a version with one migration more does. */
import { createInterface } from 'node:readline';
import { MIGRATIONS } from '../../../../src/record/sql/migrations/migrations.ts';
import { openSqlite } from '../../../../src/record/sqlite/sqlite-database.ts';

process.stdout.write('ready\n');
for await (const path of createInterface({ input: process.stdin })) {
  try {
    const db = await openSqlite(path, {
      ...MIGRATIONS,
      '103-b': { up: (trx) => trx.schema.createTable('of_b').addColumn('x', 'text').execute() },
    });
    await db.destroy();
    process.stdout.write('opened\n');
  } catch (error) {
    process.stdout.write(`${String(error)}\n`);
  }
}
