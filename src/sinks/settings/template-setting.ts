import { z } from 'zod';
import { EVENT_PATTERNS } from '../../events/event-patterns.ts';
import { needsQuotes } from '../../config/forms/setting-kinds.ts';
import { type TemplateSources, templateProblem } from '../kit/template.ts';

/** The source of every type of event: what one text means. */
const EVERY = 'findall.*';

const FORM = 'a Liquid template, or a map of event types or families and templates';

/** Parsed as soon as it is read: a template that is broken would be found out when the first match is to be told. */
const SOURCE = z.string({ error: needsQuotes(FORM) }).superRefine((source, context) => {
  const problem = templateProblem(source);
  if (problem !== null) context.addIssue({ code: 'custom', message: `a Liquid template (${problem})` });
});

const PATTERN = z.enum(EVENT_PATTERNS as [string, ...string[]]);

/** `template` of every sink. */
export const template = z
  .union(
    [
      SOURCE,
      z.partialRecord(PATTERN, SOURCE, {
        error: (issue) => ((issue.code as string) === 'unrecognized_keys' ? EVENT_PATTERNS.join(', ') : FORM),
      }),
    ],
    { error: needsQuotes(FORM) },
  )
  .optional()
  .describe('Liquid template of what is told of an event, or a map of them by event type or family.');

/** One form for both. */
export function toTemplateSources(
  written: string | Partial<Record<string, string>> | undefined,
): TemplateSources | null {
  if (written === undefined) return null;
  if (typeof written === 'string') return { [EVERY]: written };
  const sources = Object.entries(written).flatMap(([pattern, source]) =>
    source === undefined ? [] : [[pattern, source] as const],
  );
  return sources.length === 0 ? null : Object.fromEntries(sources);
}

/** For `check`: the text, or each with what it is for. Templates are no secrets. */
export function shownTemplate(sources: TemplateSources): string | readonly string[] {
  const { [EVERY]: every, ...others } = sources;
  if (every !== undefined && Object.keys(others).length === 0) return every;
  return Object.entries(sources).map(([pattern, source]) => `${pattern}: ${source}`);
}
