import { cleanText } from '../../text/clean-text.ts';

/** A number as JSON writes it. A spreadsheet reads it as a number, also below zero. */
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Where a spreadsheet would begin to read a formula: at the start of a cell, and behind a semicolon, at which spreadsheets of many
 * countries begin a new cell, also within quotes. https://owasp.org/www-community/attacks/CSV_Injection names the characters; the last
 * four are their full-width forms.
 */
const FORMULA = /(^|;[\s'"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

/**
 * Text from the web for a cell: one line without control and format characters, and nothing that a spreadsheet executes. An
 * apostrophe stands before what would be a formula. Numbers are left as they are.
 */
export function safeCell(text: string): string {
  const line = cleanText(text);
  return NUMBER.test(line) ? line : line.replaceAll(FORMULA, "$1'");
}
