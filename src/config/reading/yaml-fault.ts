import type { Document, ErrorCode, LineCounter } from 'yaml';

/** What is wrong with a text that is not valid YAML, and what may stand there. Neither quotes the text: it may hold a secret. */
export interface YamlFault {
  readonly what: string;
  readonly allowed: string;
}

/** By the code of the parser, whose own messages quote the text. */
const WORDS: Partial<Record<ErrorCode, [what: string, allowed: string]>> = {
  TAB_AS_INDENT: ['a tab at the beginning of the line', 'spaces'],
  BAD_INDENT: [
    'the indentation does not fit the lines before it',
    'the same number of spaces for all settings of one map or list, and each [ and { closed',
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    'a value is followed by another setting',
    'one setting a line; quotes around a value with ": " in it; no more spaces than the line before has',
  ],
  MULTILINE_IMPLICIT_KEY: ['a value goes on over several lines', 'one setting a line, each as "name: value"'],
  MISSING_CHAR: ['a quote, a bracket, a comma or a ": " is missing, here or before', 'each of them closed'],
  BAD_SCALAR_START: ['a value begins with a character that has a meaning in YAML', 'quotes around the value'],
  DUPLICATE_KEY: ['a setting that is there already', 'each setting once'],
  BAD_DQ_ESCAPE: ['a \\ in double quotes that begins no escape', 'single quotes around the value, or \\\\'],
  UNEXPECTED_TOKEN: ['characters that do not belong there', 'quotes around a value that contains them'],
};

/**
 * The first fault of a text; null when it is sound. Only the first: the faults behind it are mostly what the parser makes of the
 * same mistake.
 */
export function firstFault({ errors, warnings }: Document, lines: LineCounter): YamlFault | null {
  const [first] = [...errors, ...warnings].toSorted((one, other) => one.pos[0] - other.pos[0]);
  if (first === undefined) return null;
  const { line, col } = lines.linePos(first.pos[0]);
  const [what, allowed] = WORDS[first.code] ?? [first.code.toLowerCase().replaceAll('_', ' '), 'YAML 1.2'];
  return { what: `not valid YAML at line ${line}, column ${col}: ${what}`, allowed };
}
