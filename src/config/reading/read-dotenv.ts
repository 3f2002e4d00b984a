/**
 * What `.env` says. dotenv reads it, but it ends a value at any `#`. Shells, Docker and systemd do not, so such a value is
 * put into quotes for it. A value that these programs read differently is no value but a fault: its writer may mean either.
 */
import { parse } from 'dotenv';
import type { Problem } from '../problems.ts';

/** The values by name, and what is wrong with those of them that cannot be relied on. No fault holds a value. */
export interface DotenvText {
  readonly values: Readonly<Record<string, string>>;
  readonly faults: ReadonlyMap<string, Fault>;
}

type Fault = Pick<Problem, 'what' | 'allowed'>;

/** `NAME=`, the space behind it, a value in quotes that may go over lines, and the rest of the line: the other values. */
const ASSIGNMENT =
  /^(?<head>[^\S\n]*(?:export[^\S\n]+)?(?<name>[\w.-]+)(?:[^\S\n]*=|:(?=\s)))(?<gap>[ \t]*)(?<quoted>'[^']*'|"(?:\\.|[^"\\])*"|)(?<rest>[^\n]*)/gms;

interface Assignment {
  readonly head: string;
  readonly name: string;
  readonly gap: string;
  readonly quoted: string;
  readonly rest: string;
}

/** Reads the text of the file called `file`. Of a name that is given twice the last one counts. */
export function readDotenvText(given: string, file: string): DotenvText {
  const text = given.replaceAll(/\r\n?/g, '\n');
  const written = new Map<string, { value: string; fault: Fault | null }>();
  const prepared = text.replaceAll(ASSIGNMENT, (whole, ...groups) => {
    const assignment = groups.at(-1) as Assignment;
    const line = text.slice(0, groups.at(-3) as number).split('\n').length;
    const why = whyUnreliable(assignment);
    const value = valueOf(assignment);
    const fault =
      why === null
        ? null
        : { what: `line ${line} of ${file} has ${why}`, allowed: spellingOf(assignment, why === COMMENT) };
    written.set(assignment.name, { value, fault });
    const { head, gap, quoted } = assignment;
    return fault === null && quoted === '' && value.includes('#') ? `${head}${gap}'${value}'` : whole;
  });
  const values = parse(prepared);
  const faults = Object.entries(values).flatMap(([name, value]): [string, Fault][] => {
    const known = written.get(name);
    if (known === undefined || (known.fault === null && known.value !== value)) {
      const what = `its value in ${file} has a form that programs read differently`;
      return [[name, { what, allowed: `${name}='…' on a line of its own` }]];
    }
    return known.fault === null ? [] : [[name, known.fault]];
  });
  return { values, faults: new Map(faults) };
}

function valueOf({ quoted, rest }: Assignment): string {
  return quoted === '' ? rest.replace(/[ \t]+$/, '') : quoted.slice(1, -1);
}

const COMMENT =
  'a # after a space: shells and Docker Compose end the value there, systemd and docker run do not';

/** What follows `line 3 of .env has`. A quote within the other kind of quotes is nothing special. */
const SIGNS: readonly (readonly [sign: string, why: string])[] = [
  [
    '$',
    'a $ outside single quotes: shells and Docker Compose put a variable there, systemd and docker run do not',
  ],
  ['\\', 'a backslash outside single quotes: programs read it differently'],
  ['`', 'a ` outside single quotes: a shell runs what is between two of them'],
  ["'", "a ' that does not enclose the whole value: shells remove it, Docker keeps it"],
  ['"', 'a " that does not enclose the whole value: shells remove it, Docker keeps it'],
];

/** Why a shell, Docker and systemd do not read the same value; null when they do. */
function whyUnreliable({ gap, quoted, rest }: Assignment): string | null {
  if (quoted === '') {
    if (/^['"]/.test(rest)) return `a ${rest[0]} at the start of the value and none at its end`;
    return /\s#/.test(gap + rest) ? COMMENT : signIn(rest);
  }
  if (rest.trim() !== '') return /^\s+#/.test(rest) ? COMMENT : 'text after the closing quote';
  const content = quoted.slice(1, -1);
  if (quoted.startsWith('"')) return signIn(content.replaceAll("'", ''));
  return content.endsWith('\\') ? 'a backslash before the closing quote: Docker Compose reads on' : null;
}

function signIn(text: string): string | null {
  return SIGNS.find(([sign]) => text.includes(sign))?.[1] ?? null;
}

/** How the value has to be written so that all of them read it whole. */
function spellingOf({ name, quoted, rest }: Assignment, hasComment: boolean): string {
  const content = quoted === '' ? rest.replace(/^['"]/, '') : quoted.slice(1, -1);
  const comment = hasComment ? ', and a comment on a line of its own' : '';
  if (!content.includes("'") && !content.endsWith('\\'))
    return `${name}='…', the whole value in single quotes${comment}`;
  if (!/[$`\\"]/.test(content)) return `${name}="…", the whole value in double quotes${comment}`;
  return `the value in a file, and ${name}_FILE=PATH with the path of that file${comment}`;
}
