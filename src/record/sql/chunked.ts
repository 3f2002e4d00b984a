import { setImmediate } from 'node:timers/promises';

/** Rows a statement: well under SQLite's 32,766 parameters at ten columns a row. */
const CHUNK = 500;

/** `rows` in pieces that fit one statement. */
export function* chunked<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += CHUNK) yield rows.slice(start, start + CHUNK);
}

/**
 * The same, and between two pieces the event loop runs: SQLite works on the only thread. Others get at the connection when
 * the transaction is over, as before.
 */
export async function* chunkedInTurns<T>(rows: readonly T[]): AsyncGenerator<T[]> {
  let isFirst = true;
  for (const chunk of chunked(rows)) {
    if (!isFirst) await setImmediate();
    isFirst = false;
    yield chunk;
  }
}
