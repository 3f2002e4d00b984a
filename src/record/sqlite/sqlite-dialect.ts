/** How Kysely speaks to SQLite here: the database it is lent, and the SQL that differs from its own. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import {
  type LimitNode,
  SqliteAdapter,
  SqliteDialect,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely';
import { fromDatabaseText, toDatabaseText } from '../sql/database-text.ts';

/** The dialect for `database`, which is closed with the Kysely that uses it. */
export function createSqliteDialect(database: DatabaseSync): SqliteDialect {
  return new EmbeddedDialect({ database: kyselyShim(database) });
}

/**
 * SQLite changes tables in transactions, and Kysely's migrator learns that here: a migration happens entirely or not at
 * all, and of two processes that open a new file at once the second waits for the first.
 */
class EmbeddedDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl(): boolean {
        return true;
      }
    })();
  }

  override createQueryCompiler(): SqliteQueryCompiler {
    return new (class extends SqliteQueryCompiler {
      /** Transactions are one at a time here: the words by which others lock rows mean nothing. */
      protected override visitSelectModifier(): void {}

      /**
       * SQLite plans by the value of a bare `limit ?`, so it prepares the statement again for every run of it. Measured with
       * 3.53 and our tables: 48 µs a look instead of 5.
       */
      protected override visitLimit(node: LimitNode): void {
        this.append('limit +');
        this.visitNode(node.limit);
      }
    })();
  }
}

/**
 * What Kysely's SQLite dialect asks of a driver (made for better-sqlite3), over `node:sqlite`. Transactions begin
 * immediate, so that two processes queue at the start instead of failing in the middle.
 */
function kyselyShim(database: DatabaseSync) {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql: string): SqliteStatement {
      // A full disk or a failed write has rolled back already; saying so again would hide the real error.
      if (sql === 'rollback' && !database.isTransaction) return NOTHING;
      const text = sql === 'begin' ? 'begin immediate' : sql;
      const known = statements.get(text);
      if (known) return known;
      const statement = adapt(database.prepare(text));
      // Bulk inserts have a text for every row count: the cache is bounded, oldest out first.
      if (statements.size >= 256) statements.delete(statements.keys().next().value ?? '');
      statements.set(text, statement);
      return statement;
    },
  };
}

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
};

function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toParameter)).map(readRow),
    run: (parameters) => statement.run(...parameters.map(toParameter)),
    iterate: (parameters) => statement.iterate(...parameters.map(toParameter)).map(readRow),
  };
}

function toParameter(value: unknown): SQLInputValue {
  return typeof value === 'string' ? toDatabaseText(value) : (value as SQLInputValue);
}

/** In place: the row was made for us. */
function readRow(row: Record<string, SQLOutputValue>): Record<string, SQLOutputValue> {
  for (const column in row) {
    const value = row[column];
    if (typeof value === 'string') row[column] = fromDatabaseText(value);
  }
  return row;
}
