/**
 * Liquid templates of the operator. A template sees the event, what the built-in message says of it, and nothing else: no file,
 * no other template, no prototype, no environment. What it puts out is marked as the event's, so that each dialect escapes it for
 * its service.
 */
import { isOfPattern } from '../../events/event-patterns.ts';
import { createRequire } from 'node:module';
import type * as LiquidLibrary from 'liquidjs';
import type { Liquid, Template } from 'liquidjs';
import type { RunEvent } from '../../run-event.ts';
import { cleanJson, cleanText, webLink } from '../../text/clean-text.ts';
import { jsonText } from '../../text/json-line.ts';
import { builtInText } from './document.ts';
import { plainText, type Span, type Spans } from './spans.ts';

/** Sources by exact event type or family (`findall.run.*`): exact wins over family, the longer family over the shorter. */
export type TemplateSources = Readonly<Record<string, string>>;

export type Rendered =
  | { kind: 'text'; text: Spans }
  /** The operator's way to say nothing about an event. */
  | { kind: 'blank' }
  /** The reason holds nothing of the event or the text. */
  | { kind: 'failed'; reason: string };

/** One template, parsed. */
export interface EventTemplate {
  /** Blank for every event: known without rendering it. */
  readonly isBlank: boolean;
  render(event: RunEvent): Rendered;
}

/**
 * Characters, ms and units of the library's own count of memory. A template is the operator's, so these are for mistakes:
 * a loop without end is stopped before anybody waits for it.
 */
const LIMITS = { parseLimit: 20_000, renderLimit: 1000, memoryLimit: 5_000_000 } as const;

/** Characters of a rendered text. More is a mistake, and no service takes it. */
const LONGEST_TEXT = 2_000_000;

/** They would look for other templates, of which there are none. */
const TAGS_WITHOUT_USE = ['include', 'render', 'layout', 'block'];

/** `raw` would let what the web wrote go out as markup. */
const FILTERS_WITHOUT_USE = ['raw', 'jsonify', 'inspect'];

/** Borders of what came from the event. Nothing else holds them: they are taken out of sources and values alike. */
const [OPEN, CLOSE, OPEN_LINK, LINK_NAME, BUILT_IN] = ['\ue000', '\ue001', '\ue002', '\ue003', '\ue004'];
const BORDERS = /[\ue000-\ue004]/g;
const MARKED = /\ue000([^\ue001]*)\ue001|\ue002([^\ue003]*)\ue003([^\ue001]*)\ue001|\ue004/g;
const MARKED_LINK = /\ue002[^\ue003]*\ue003/g;

/** What is wrong with a source, with the line, or null. */
export function templateProblem(source: string): string | null {
  const parsed = parse(source);
  return 'reason' in parsed ? parsed.reason : null;
}

/** Finds the template of an event type, or null where there is none. The sources must have been found good. */
export function createTemplates(sources: TemplateSources): (type: string) => EventTemplate | null {
  const byPattern = Object.entries(sources)
    .map(([pattern, source]) => ({ pattern, template: compile(source) }))
    .toSorted((a, b) => rankOf(b.pattern) - rankOf(a.pattern));
  return (type) => byPattern.find(({ pattern }) => isOfPattern(type, pattern))?.template ?? null;
}

function rankOf(pattern: string): number {
  return pattern.endsWith('*') ? pattern.length : Infinity;
}

function compile(source: string): EventTemplate {
  const parsed = parse(source);
  return {
    isBlank: source.trim() === '',
    render(event) {
      if ('reason' in parsed) return { kind: 'failed', reason: parsed.reason };
      try {
        const builtin = new BuiltIn(event);
        const rendered: unknown = liquid().renderSync(parsed.templates, { __proto__: null, event, builtin });
        const marked = String(rendered);
        // Its length costs nothing to ask, its characters might: so long a text is not looked at.
        if (marked.length > LONGEST_TEXT) return { kind: 'failed', reason: 'the text is too long' };
        const text = spansOf(tidied(marked), builtin);
        return text.some((span) => span.text.trim() !== '') ? { kind: 'text', text } : { kind: 'blank' };
      } catch (error) {
        return { kind: 'failed', reason: reasonOf(error) };
      }
    },
  };
}

function parse(source: string): { templates: Template[] } | { reason: string } {
  try {
    return { templates: liquid().parse(source.replaceAll(BORDERS, '').toWellFormed()) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

let engine: Liquid | undefined;

/** One for all templates, which leave nothing behind in it; loaded when there is a first one. */
function liquid(): Liquid {
  engine ??= createEngine();
  return engine;
}

function createEngine(): Liquid {
  const library = createRequire(import.meta.url)('liquidjs') as typeof LiquidLibrary;
  const made = new library.Liquid({
    ...LIMITS,
    templates: {},
    ownPropertyOnly: true,
    strictFilters: true,
    outputEscape: asValue,
  });
  for (const tag of TAGS_WITHOUT_USE) delete made.tags[tag];
  for (const filter of FILTERS_WITHOUT_USE) made.unregisterFilter(filter);
  boundFilters(made);
  // `raw` says that a filter marks what it makes itself.
  made.registerFilter('json', { raw: true, handler: asJson });
  made.registerFilter('link', { raw: true, handler: asLink });
  return made;
}

/** Of one text that a filter works on, in UTF-16 units, and of one list in entries. */
const LONGEST_WORKED_ON = 100_000;
const MOST_WORKED_ON = 10_000;

/**
 * No filter works on more: the time of a rendering is looked at between two tags only. `split | sort | uniq` over a text of 2.4 MB
 * took 6.7 s, in which nothing else was done.
 */
function boundFilters({ filters }: Liquid): void {
  for (const [name, filter] of Object.entries(filters)) {
    const { handler, raw = false } = typeof filter === 'function' ? { handler: filter } : filter;
    filters[name] = {
      raw,
      handler(...given: unknown[]) {
        return Reflect.apply(handler, this, given.map(bounded)) as unknown;
      },
    };
  }
}

function bounded(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, LONGEST_WORKED_ON);
  return Array.isArray(value) ? value.slice(0, MOST_WORKED_ON) : value;
}

/** What `{{ builtin }}` is: alone the built-in message, in a filter its text. Made when a template asks for it. */
class BuiltIn {
  readonly #event: RunEvent;
  #spans: Spans | undefined;

  constructor(event: RunEvent) {
    this.#event = event;
  }

  spans(): Spans {
    this.#spans ??= builtInText(this.#event);
    return this.#spans;
  }

  toString(): string {
    return plainText(this.spans());
  }
}

/** What `{{ }}` puts out: one clean line. Lists and maps are written as JSON. */
function asValue(this: Filtering, value: unknown): string {
  if (value instanceof BuiltIn) {
    counted(this, value.toString());
    return BUILT_IN;
  }
  const plain = typeof value === 'string' ? withBuiltIn(this, value.replaceAll(MARKED_LINK, '')) : value;
  return counted(this, `${OPEN}${cleanJson(plain, Infinity)}${CLOSE}`);
}

/** What was captured is text: its first `{{ builtin }}` too. */
function withBuiltIn({ context }: Filtering, text: string): string {
  return text.replace(BUILT_IN, () => String((context.environments as { builtin: BuiltIn }).builtin));
}

/** `{{ value | json }}`: parsed, it gives the same value, spaces and invisible characters included. */
function asJson(this: Filtering, value: unknown): string {
  const plain =
    value instanceof BuiltIn || typeof value === 'string'
      ? withBuiltIn(this, String(value)).replaceAll(BORDERS, '')
      : value;
  return counted(this, `${OPEN}${jsonText(plain)}${CLOSE}`);
}

/** `{{ address | link: name }}`: a link where the address is one of the web, else the name alone. */
function asLink(this: Filtering, address: unknown, name: unknown): string {
  const url = typeof address === 'string' ? webLink(address) : null;
  const text = cleanJson(name instanceof BuiltIn ? String(name) : name, Infinity);
  if (url === null) return asValue.call(this, text === '' ? address : text);
  return counted(this, `${OPEN_LINK}${url}${LINK_NAME}${text === '' ? url : text}${CLOSE}`);
}

/** What the library gives a filter of the rendering it is part of. */
interface Filtering {
  context: { memoryLimit: { use(count: number): void }; environments: object };
}

/** Counts what is put out as memory: a loop may repeat a long value. */
function counted({ context }: Filtering, text: string): string {
  context.memoryLimit.use(text.length);
  return text;
}

/** Without what the lines of tags leave behind: spaces at the end of lines, and more than one empty line. */
function tidied(marked: string): string {
  const lines = marked.split('\n').map((line) => line.trimEnd());
  return lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

function spansOf(marked: string, builtin: BuiltIn): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of marked.matchAll(MARKED)) {
    const [whole, value = '', url, name = ''] = match;
    spans.push({ kind: 'markup', text: marked.slice(end, match.index) });
    if (whole === BUILT_IN) spans.push(...builtin.spans());
    else if (url === undefined) spans.push({ kind: 'text', text: value });
    else spans.push({ kind: 'link', text: name, url });
    end = match.index + whole.length;
  }
  spans.push({ kind: 'markup', text: marked.slice(end) });
  return spans.filter((span) => span.text !== '');
}

/** The library's words without what they quote, unless it is a bare name: a source may hold what is nobody's business. */
function reasonOf(error: unknown): string {
  const [said = ''] = (error instanceof Error ? error.message : 'it failed').split('\n');
  const named = said
    .replaceAll(/\{[{%].*?[%}]\}/g, '…')
    .replaceAll(/"[^"]*"?/g, (quoted) => (/^"[\w-]{1,30}"$/.test(quoted) ? quoted : '…'));
  return cleanText(named.replaceAll(/\b(line|col):/g, '$1 '), 200);
}
