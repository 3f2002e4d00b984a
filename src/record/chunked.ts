/** Rows a statement: well under SQLite's 32,766 parameters at ten columns a row. */
const CHUNK = 500;

/** `rows` in pieces that fit one statement. */
export function* chunked<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += CHUNK) yield rows.slice(start, start + CHUNK);
}
