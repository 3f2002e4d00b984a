/** What requests may say: read by these forms (`read-request.ts`), and described by them (`api-schemas.ts`). */
import { z } from 'zod';
import { SINCE_ALLOWED } from '../../config/forms/event-choice.ts';
import { map, oneOf, parsed, text, wholeNumber } from '../../config/forms/setting-kinds.ts';
import { FINDALL_ID, LABEL } from '../../config/forms/text-forms.ts';
import { POLL_INTERVAL } from '../../config/schema.ts';

/** Most events or runs that one answer holds. */
const MOST_LISTED = 500;
const USUALLY_LISTED = 100;

/** The id of an event. */
const EVENT_ID = text("an event's id, such as evt_0c6f…", /^evt_[0-9a-f]{8,64}$/);

/** A parameter that may be given several times: one alone comes as text. */
const SEVERAL = parsed(z.union([z.array(z.string()), z.string()]), z.array(z.string()), {
  parse: (given) => [given].flat(),
  write: (several) => several,
  allowed: 'texts',
});

/** True unless it says `false`: the name alone is enough. */
const VERBOSE = parsed(z.union([z.boolean(), z.string(), z.array(z.string())]), z.boolean(), {
  parse: (given) => given !== false && given !== 'false',
  write: (verbose) => verbose,
  allowed: 'true or false',
});

function limitOf(meaning: string) {
  return wholeNumber(1, MOST_LISTED).prefault(USUALLY_LISTED).describe(meaning);
}

/** `findall_id` is enough, and so is `id`. */
export const TRACK = map({
  id: FINDALL_ID.optional().describe('The run to watch. A URL that contains the id is accepted too.'),
  findall_id: FINDALL_ID.optional().describe("The same, under the API's name for it."),
  label: LABEL.optional().describe('A name for people.'),
  interval: POLL_INTERVAL.optional().describe(
    "This run's own time between polls, such as 5s, within the bounds of `poll.interval`.",
  ),
  baseline: oneOf(['notify', 'silent'])
    .optional()
    .describe('Whether matches in the first snapshot of the run are announced or only recorded.'),
});

/** The id of a run in an address. */
export const RUN_ID = map({ id: FINDALL_ID.describe('The run.') });

/** Which runs are asked for. */
export const RUN_QUERY = map({
  label: LABEL.optional().describe('Only runs with this label.'),
  after: FINDALL_ID.optional().describe('Tracked after the run of this id.'),
  limit: limitOf('Most runs of one answer.'),
});

/** Which events are asked for. */
export const EVENT_QUERY = map({
  run: FINDALL_ID.optional().describe('Only of this run.'),
  type: SEVERAL.optional().describe(
    'Only these types or families, such as findall.run.*; may be given several times.',
  ),
  since: z
    .string({ error: SINCE_ALLOWED })
    .optional()
    .describe('Recorded since: a span such as 1h, or an ISO time.'),
  after: EVENT_ID.optional().describe('Recorded after the event of this id.'),
  limit: limitOf('Most events of one answer.'),
});

export const LAST_EVENT_ID = 'Last-Event-ID';

/** Where a stream goes on. */
export const RESUME = z.object({
  [LAST_EVENT_ID]: z
    .string()
    .optional()
    .describe(
      'For a stream: begin after the event of this id. An EventSource sends it by itself when it connects again.',
    ),
});

/** What a probe lists. Other parameters are no mistake: monitors add their own. */
export const PROBE_QUERY = z.object({
  verbose: VERBOSE.default(false).describe(
    'List every check. The name without a value (`?verbose`) counts as true.',
  ),
});

/**
 * A form as JSON Schema, for the description. A parameter is text on its way: what may be a number or its digits, several texts
 * or one, is described as what it means.
 */
export function described(form: z.ZodObject): { properties: object; [key: string]: unknown } {
  const { $schema: _, ...schema } = z.toJSONSchema(form, {
    io: 'input',
    override({ jsonSchema }) {
      const meant = jsonSchema.anyOf?.find(({ type }) => type !== 'string');
      if (meant === undefined) return;
      delete jsonSchema.anyOf;
      Object.assign(jsonSchema, meant);
    },
  });
  return { ...schema, properties: schema.properties ?? {} };
}
