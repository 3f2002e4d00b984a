/**
 * What the API sends as an id or a name may hold U+0000, which PostgreSQL's text cannot, and half of a surrogate pair, which
 * UTF-8 cannot: SQLite would store U+FFFD in its place. So both databases write them as an escape that nothing else uses,
 * at the edge and without loss; two texts are equal there exactly when they are equal here. JSON has escapes of its own
 * and never needs this.
 */
const ESCAPE = '\u001a';
const EACH = new RegExp(String.raw`[\0${ESCAPE}]|\p{Surrogate}`, 'gu');
const ESCAPED = new RegExp(`${ESCAPE}([0-9a-f]{4})`, 'g');

/** `text` as a database can hold it. */
export function toDatabaseText(text: string): string {
  if (!text.includes('\0') && !text.includes(ESCAPE) && text.isWellFormed()) return text;
  return text.replace(EACH, (unit) => `${ESCAPE}${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What `toDatabaseText` was given. */
export function fromDatabaseText(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replace(ESCAPED, (_, unit: string) => String.fromCharCode(Number.parseInt(unit, 16)));
}
