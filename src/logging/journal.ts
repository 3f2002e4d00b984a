/**
 * The log in the journal of systemd. journald reads the priority of a line from a prefix such as `<3>` (sd-daemon(3)), and cuts a
 * line that is longer than `LineMax` of journald.conf, 48 KiB by default, into pieces that are no JSON. So each line gets its
 * prefix here, and a line that is too long gets shorter: it loses its largest fields and names them.
 */
import { fstatSync } from 'node:fs';
import { parseJson } from '../text/exact-number.ts';
import { harmlessJson } from '../text/harmless-json.ts';

/** Bytes of a line, prefix and line feed included. A little less than journald's default. */
const MOST_BYTES = 48_000;
/** Characters of a text that has to stay. Each may take six bytes. */
const MOST_CHARACTERS = 500;
/** Fields that a line names as left out, and characters of a name. Beyond these it says how many more there are. */
const MOST_NAMED = 20;
const LONGEST_NAME = 60;

const PRIORITIES: Readonly<Record<string, number>> = {
  fatal: 2,
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

/** Whether this descriptor is the journal: `JOURNAL_STREAM` names it, and programs with another stdout inherit the variable. */
export function isJournal(descriptor: number, journalStream: string | undefined): boolean {
  if (journalStream === undefined || journalStream === '') return false;
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return journalStream === `${dev}:${ino}`;
}

/** Text of several lines, each with the priority of an error. */
export function journalErrors(text: string): string {
  return text.replaceAll(/^(?=.)/gm, `<${PRIORITIES['error']}>`);
}

/** A line of the log, which is JSON, as the journal keeps it. */
export function journalLine(line: string): string {
  const level = /^\{"level":"(\w+)"/.exec(line)?.[1] ?? 'info';
  const prefix = `<${PRIORITIES[level] ?? PRIORITIES['info']}>`;
  const most = MOST_BYTES - prefix.length;
  return `${prefix}${Buffer.byteLength(line) <= most ? line : shortened(line, most)}`;
}

type Fields = Record<string, unknown>;

/** What a line is about: it stays, cut to a bound if it must be. */
const STAYS = new Set([
  ...['level', 'time', 'msg', 'event', 'event.data'],
  ...['id', 'type', 'sequence', 'timestamp', 'findall_id', 'episode', 'label'].map((key) => `event.${key}`),
  ...['name', 'url', 'findall_id', 'candidate_id', 'match_status'].map((key) => `event.data.${key}`),
]);

function shortened(line: string, most: number): string {
  const record = parseJson(line) as Fields;
  const leftOut: string[] = [];
  // Room for the names of what is left out.
  let excess = Buffer.byteLength(line) - (most - 2000);
  for (const { holder, key, path, bytes } of largestFirst(record)) {
    if (excess <= 0) break;
    delete holder[key];
    leftOut.push(path.slice(0, LONGEST_NAME).toWellFormed());
    excess -= bytes;
  }
  const more = leftOut.length - MOST_NAMED;
  const named = more > 0 ? [...leftOut.slice(0, MOST_NAMED), `${more} more`] : leftOut;
  const whole = isFields(record['event']) ? { whole_event: commandFor(record['event']) } : {};
  const text = textOf({ ...record, left_out: named, ...whole });
  return Buffer.byteLength(text) <= most ? text : textOf({ ...record, left_out: named, ...whole }, cutText);
}

interface Member {
  holder: Fields;
  key: string;
  path: string;
  bytes: number;
}

/** What may be left out: fields of the line, of its event, and of the data of its event. */
function largestFirst(record: Fields): Member[] {
  const { event } = record;
  const levels: [holder: unknown, prefix: string][] = [
    [record, ''],
    [event, 'event.'],
    [isFields(event) ? event['data'] : undefined, 'event.data.'],
  ];
  const members = levels.flatMap(([holder, prefix]) =>
    isFields(holder)
      ? Object.entries(holder).map(([key, value]) => ({
          ...{ holder, key, path: `${prefix}${key}` },
          bytes: Buffer.byteLength(harmlessJson(JSON.stringify({ [key]: value }))) - 1,
        }))
      : [],
  );
  return members.filter(({ path }) => !STAYS.has(path)).toSorted((one, other) => other.bytes - one.bytes);
}

function commandFor({ findall_id: id }: Fields): string {
  return `findall-watch events --json${typeof id === 'string' ? ` --run ${id}` : ''}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(record: Fields, replacer?: (key: string, value: unknown) => unknown): string {
  return `${harmlessJson(JSON.stringify(record, replacer))}\n`;
}

function cutText(_: string, value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= MOST_CHARACTERS) return value;
  return `${value.slice(0, MOST_CHARACTERS).toWellFormed()}…`;
}
