/**
 * What a template made of an event, before any service's markup: the operator's own text, which goes out as written, and
 * what came from the event, which a renderer escapes like everything else from the web.
 */
import { cutText } from './cut-text.ts';

export type TextPart =
  /** Written by the operator, markup of the service and line breaks included. */
  | { kind: 'own'; text: string }
  /** From the event: one cleaned line. */
  | { kind: 'value'; text: string }
  /** From the event: a web link that is safe to click, with a cleaned name. */
  | { kind: 'link'; text: string; url: string };

/** Never blank. */
export type Text = readonly TextPart[];

/** Texts by event id. Null: there will be one, but the event is not among those that a message lists. */
export type Texts = ReadonlyMap<string, Text | null>;

/** The text where nothing is markup: a link is its name with the address behind it. */
export function plainText(text: Text): string {
  return text
    .map((part) =>
      part.kind === 'link' && part.text !== part.url ? `${part.text} (${part.url})` : part.text,
    )
    .join('');
}

/** The text line by line; only what the operator wrote breaks lines. */
export function linesOfText(text: Text): TextPart[][] {
  const lines: TextPart[][] = [[]];
  for (const part of text) {
    const [first = '', ...rest] = part.kind === 'own' ? part.text.split('\n') : [part.text];
    if (first !== '') lines.at(-1)?.push({ ...part, text: first });
    for (const line of rest) lines.push(line === '' ? [] : [{ kind: 'own', text: line }]);
  }
  return lines;
}

/** How much of a value is left, most first. */
const VALUE_LENGTHS = [1000, 400, 160, 60, 20];

/**
 * `text` in at most `max` UTF-16 units. Values are shortened first, all to the same length, then lines are left out at
 * the end: within a line of the operator's own no cut is safe, since it could part markup.
 */
export function shortenText(text: Text, max: number): Text {
  if (sizeOf(text) <= max) return text;
  for (const length of VALUE_LENGTHS) {
    const shorter = text.map((part) =>
      part.kind === 'own' ? part : { ...part, text: cutText(part.text, length, 'utf16') },
    );
    if (sizeOf(shorter) <= max) return shorter;
    if (length === VALUE_LENGTHS.at(-1)) return firstLines(shorter, max);
  }
  return text;
}

function firstLines(text: Text, max: number): Text {
  const kept: TextPart[] = [];
  let size = 2;
  for (const line of linesOfText(text)) {
    size += sizeOf(line) + 1;
    if (size > max) break;
    kept.push(...line, { kind: 'own', text: '\n' });
  }
  return [...kept, { kind: 'own', text: '…' }];
}

function sizeOf(text: Text): number {
  return text.reduce(
    (sum, part) => sum + part.text.length + (part.kind === 'link' ? part.url.length + 3 : 0),
    0,
  );
}
