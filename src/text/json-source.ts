/**
 * JSON as its sender wrote it: without the blanks between its parts, and taken apart at its members. Nothing is decoded, so
 * digits, escapes and the order of keys stay. Each text has to be known to be JSON.
 *
 * Measured on candidates of 4.5 KB: a third of the time of `JSON.stringify` of what they say.
 */
import { ExactNumber, parseJson } from './exact-number.ts';

/** The JSON without blanks between its parts. Where an object repeats a key, it is written again as `value`, which it says. */
export function compactSource(source: string, value: unknown): string {
  const { text, members } = withoutBlanks(source);
  // Of repeated keys the last one counts. Receivers differ in which one they read.
  return members === countMembers(value) ? text : JSON.stringify(value);
}

/** The JSON, written again where an object repeats a key. */
export function withoutRepeatedKeys(json: string): string {
  return compactSource(json, parseJson(json));
}

/** The members of an object by key; of repeated keys the last one. */
export function membersOf(object: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of partsOf(object)) {
    const keyEnd = endOfText(part, part.indexOf('"'));
    const key = JSON.parse(part.slice(0, keyEnd)) as string;
    found.set(key, part.slice(part.indexOf(':', keyEnd) + 1).trim());
  }
  return found;
}

/** The items of a list. */
export function itemsOf(list: string): string[] {
  return partsOf(list).map((item) => item.trim());
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [COLON, COMMA] = [0x3a, 0x2c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);
const SPACE = 0x20;

/** Position after the text that begins with the quote at `start`. */
function endOfText(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(json: string, at: number): boolean {
  let before = at - 1;
  while (json.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

function withoutBlanks(json: string): { text: string; members: number } {
  let [text, from, members] = ['', 0, 0];
  for (let at = 0; at < json.length; ) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfText(json, at);
      continue;
    }
    if (code === COLON) members += 1;
    if (code <= SPACE) {
      text += json.slice(from, at);
      from = at + 1;
    }
    at += 1;
  }
  return { text: from === 0 ? json : text + json.slice(from), members };
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return 0;
  const parts: unknown[] = Array.isArray(value) ? value : Object.values(value);
  let members = Array.isArray(value) ? 0 : parts.length;
  for (const part of parts) members += countMembers(part);
  return members;
}

/** What stands between the commas of an object or a list. */
function partsOf(json: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < json.length; ) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfText(json, at);
      continue;
    }
    if (OPENING.has(code) && ++depth === 1) from = at + 1;
    if (code === COMMA && depth === 1) {
      parts.push(json.slice(from, at));
      from = at + 1;
    }
    if (CLOSING.has(code) && --depth === 0) parts.push(json.slice(from, at));
    at += 1;
  }
  return parts.length === 1 && parts[0]?.trim() === '' ? [] : parts;
}
