import { z } from 'zod';
import { EVENT_PATTERNS } from '../../events/event-patterns.ts';
import { open } from '../../config/forms/setting.ts';
import { needsQuotes } from '../../config/forms/setting-kinds.ts';
import { type TemplateSources, templateProblem } from '../kit/template.ts';

/** The source of every type of event: what one text means. */
const EVERY = 'findall.*';

const FORM = 'a Liquid template, or a map of event types or families and templates';

/** Parsed as soon as it is read: a broken template would otherwise be noticed only when the first match is delivered. */
const SOURCE = z.string({ error: needsQuotes(FORM) }).superRefine((source, context) => {
  const problem = templateProblem(source);
  if (problem !== null) context.addIssue({ code: 'custom', message: `a Liquid template (${problem})` });
});

const PATTERN = z.enum(EVENT_PATTERNS as [string, ...string[]]);

/** `template` of every sink. Null once read: every event has the built-in words. */
export const template = open(
  z.codec(
    z
      .union(
        [
          SOURCE,
          z.partialRecord(PATTERN, SOURCE, {
            error: (issue) =>
              (issue.code as string) === 'unrecognized_keys' ? EVENT_PATTERNS.join(', ') : FORM,
          }),
        ],
        { error: needsQuotes(FORM) },
      )
      .optional(),
    z.custom<TemplateSources | null>(),
    { decode: toTemplateSources, encode: (sources) => (sources === null ? undefined : { ...sources }) },
  ),
  'Liquid template for the text about an event, or a map of templates by event type or family.',
  {
    when: 'set',
    shown: shownTemplate,
    usual: 'none: built-in messages',
    more: 'See [Templates](sinks.md#templates).',
  },
);

/** One form for both. */
function toTemplateSources(
  written: string | Partial<Record<string, string>> | undefined,
): TemplateSources | null {
  if (written === undefined) return null;
  if (typeof written === 'string') return { [EVERY]: written };
  const sources = Object.entries(written).flatMap(([pattern, source]) =>
    source === undefined ? [] : [[pattern, source] as const],
  );
  return sources.length === 0 ? null : Object.fromEntries(sources);
}

/** The text, or each with what it is for. Templates are no secrets. */
function shownTemplate(sources: unknown): unknown {
  const { [EVERY]: every, ...others } = sources as TemplateSources;
  if (every !== undefined && Object.keys(others).length === 0) return every;
  return Object.entries(sources as TemplateSources).map(([pattern, source]) => `${pattern}: ${source}`);
}
