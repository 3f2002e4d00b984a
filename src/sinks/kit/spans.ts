/**
 * Text before any markup of a service. The document is made of it, the operator's templates too, and each dialect writes
 * it in the markup of its service.
 */
import { cutText } from '../../text/cut-text.ts';

export type Span =
  /** Clean text, of ours or from the web. A dialect escapes it. */
  | { kind: 'text'; text: string; look?: Look | undefined }
  /** A web link that is safe to click. `host` is shown beside a name, so that nobody has to guess where it leads. */
  | { kind: 'link'; text: string; url: string; host?: string; look?: Look | undefined }
  /** A command to be copied. */
  | { kind: 'code'; text: string }
  /** Written by the operator: markup of the service, which goes out as it is. */
  | { kind: 'markup'; text: string };

export type Look = 'strong' | 'dim';

/** One line. Only markup may hold line breaks. */
export type Spans = readonly Span[];

/** How a service writes spans. */
export interface Inline {
  /** `before` is the span on its left. */
  text(text: string, look: Look | undefined, before: Span | undefined): string;
  link(link: Extract<Span, { kind: 'link' }>): string;
  code(text: string): string;
}

/** Spans in the markup of a service. */
export function written(spans: Spans, inline: Inline): string {
  const pieces = spans.map((span, index) => {
    switch (span.kind) {
      case 'text':
        return inline.text(span.text, span.look, spans[index - 1]);
      case 'link':
        return inline.link(span);
      case 'code':
        return inline.code(span.text);
      case 'markup':
        return span.text;
    }
  });
  return pieces.join('');
}

/** Where nothing is markup: a link is its name with the address behind it. */
const PLAIN: Inline = {
  text: (text) => text,
  link: ({ text, url }) => (text === url ? url : `${text} (${url})`),
  code: (text) => text,
};

/** Spans as text in which nothing is markup. */
export function plainText(spans: Spans): string {
  return written(spans, PLAIN);
}

/** A text line by line: only the operator's markup breaks lines. */
export function linesOf(spans: Spans): Span[][] {
  const lines: Span[][] = [[]];
  for (const span of spans) {
    const [first = '', ...rest] = span.kind === 'markup' ? span.text.split('\n') : [span.text];
    if (first !== '') lines.at(-1)?.push({ ...span, text: first });
    for (const line of rest) lines.push(line === '' ? [] : [{ kind: 'markup', text: line }]);
  }
  return lines;
}

/** Values and names of links of at most `length` UTF-16 units. Markup is never cut: a cut could part it. */
export function withShortValues(spans: Spans, length: number): Spans {
  return spans.map((span) =>
    span.kind === 'markup' ? span : { ...span, text: cutText(span.text, length, 'utf16') },
  );
}
