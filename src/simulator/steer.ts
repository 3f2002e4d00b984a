/** What its owner does to a run over HTTP: cancel, extend, enrich. Pure: a scenario goes in, how it goes on comes out. */
import { generateCandidate, judge } from './scenario/generate-timeline.ts';
import { createRandom, seedFrom } from './seeded-random.ts';
import type { EnrichStep, Scenario, TimelineStep } from './scenario/scenario.ts';
import { snapshotAt } from './scenario/timeline.ts';

/** How the scenario goes on, or why the API refuses the request. */
export type Steered = Scenario | { status: 409 | 422; message: string };

/** A run has no more matches than these, extended or not. */
const MOST_MATCHES = 1000;
/** How long a search goes on after an extension, about; and how far two of its matches are apart at most. */
const SEARCH_MS = 20_000;
const EVERY_MS = 1000;
/** How long after the ending the last value of an enrichment arrives. */
const LATE_MS = 3000;
/** Fields of an enrichment that get a value. */
const MOST_FIELDS = 20;

/** Cancelled at once: the steps so far stay, nothing else happens. */
export function cancelledScenario(scenario: Scenario, elapsedMs: number): Steered {
  if (!snapshotAt(scenario, elapsedMs).run.status.is_active)
    return { status: 409, message: 'Cannot cancel a terminated FindAll run' };
  const end = { kind: 'end', status: 'cancelled', terminationReason: 'user_cancelled' } as const;
  return { ...scenario, timeline: [...pastOf(scenario, elapsedMs), { atMs: elapsedMs, ...end }] };
}

/**
 * Extended by `additional_match_limit`: a run that has met its limit is active again and finds as many more; one that is active
 * goes on where it would have ended by its limit.
 */
export function extendedScenario(scenario: Scenario, elapsedMs: number, body: unknown): Steered {
  const additional = isRecord(body) ? body['additional_match_limit'] : undefined;
  if (typeof additional !== 'number' || !Number.isSafeInteger(additional) || additional < 1)
    return { status: 422, message: 'additional_match_limit must be a whole number of at least 1' };
  if (scenario.generator === 'preview') return { status: 422, message: 'A preview run cannot be extended' };
  const matchLimit = limitOf(scenario, elapsedMs) + additional;
  if (matchLimit > MOST_MATCHES)
    return {
      status: 422,
      message: `The match limit would be ${matchLimit}, and ${MOST_MATCHES} is the most`,
    };

  const {
    status,
    is_active: isActive,
    termination_reason: reason,
  } = snapshotAt(scenario, elapsedMs).run.status;
  const extended = { ...scenario, matchLimit };
  if (isActive) {
    const end = scenario.timeline.find((step) => step.atMs > elapsedMs && step.kind === 'end');
    if (end?.kind !== 'end' || end.terminationReason !== 'match_limit_met') return extended;
    const before = scenario.timeline.slice(0, scenario.timeline.indexOf(end));
    return { ...extended, timeline: [...before, ...searchFrom(scenario, end.atMs, additional)] };
  }
  if (status !== 'completed' || reason !== 'match_limit_met')
    return {
      status: 409,
      message: 'Only an active run, or one that completed by match_limit_met, can be extended',
    };
  const revive = { atMs: elapsedMs, kind: 'revive' } as const;
  const search = searchFrom(scenario, elapsedMs, additional);
  return { ...extended, timeline: [...pastOf(scenario, elapsedMs), revive, ...search] };
}

/**
 * Enriched by `{processor, output_schema}`: each present match gets a value for each property. An ended run is queued again and
 * ends as before; its last match gets its values after that, as late as the API may be. An active run goes on as it would.
 */
export function enrichedScenario(scenario: Scenario, elapsedMs: number, body: unknown): Steered {
  const { processor, output_schema: outputSchema } = isRecord(body) ? body : {};
  if (typeof processor !== 'string' || processor === '' || !isRecord(outputSchema))
    return { status: 422, message: 'processor must be a text and output_schema an object' };
  const { run, candidates } = snapshotAt(scenario, elapsedMs);
  const ids = candidates.filter((one) => one.match_status === 'matched').map((one) => one.candidate_id);
  const firstAt = elapsedMs + EVERY_MS;
  const values = ids.map((id, index) => valuesFor(id, outputSchema, firstAt + index * EVERY_MS));
  const enriched = {
    ...scenario,
    enrichments: [...(scenario.enrichments ?? []), { processor, output_schema: outputSchema }],
  };
  const { status, is_active: isActive, termination_reason: reason } = run.status;
  if (isActive || status === 'action_required') {
    const timeline = [...scenario.timeline, ...values].toSorted((one, other) => one.atMs - other.atMs);
    return { ...enriched, timeline };
  }
  const endAt = firstAt + ids.length * EVERY_MS;
  const last = values.pop();
  const timeline: TimelineStep[] = [
    ...pastOf(scenario, elapsedMs),
    { atMs: elapsedMs, kind: 'revive', status: 'queued' },
    { atMs: elapsedMs + EVERY_MS / 2, kind: 'status', status: 'running' },
    ...values,
    {
      atMs: endAt,
      kind: 'end',
      status,
      ...(typeof reason === 'string' ? { terminationReason: reason } : {}),
    },
    ...(last ? [{ ...last, atMs: endAt + LATE_MS }] : []),
  ];
  return { ...enriched, timeline };
}

/** What the API says of the scenario's schema: without metadata and webhook, and without a limit that is not known. */
export function schemaOf({
  objective = '',
  generator,
  matchLimit,
  timeline,
  enrichments = [],
}: Scenario): unknown {
  const outputs = timeline.flatMap((step) =>
    step.kind === 'candidate' ? [step.candidate.output ?? {}] : [],
  );
  const conditions = outputs.flatMap((output) =>
    Object.entries(output).filter(([, value]) => isRecord(value) && value['type'] === 'match_condition'),
  );
  const names = [...new Set(conditions.map(([name]) => name))];
  return {
    ...{ objective, entity_type: 'companies', generator, enrichments },
    match_conditions: names.map((name) => ({ name, description: `${name.replaceAll('_', ' ')} holds` })),
    ...(matchLimit === undefined ? {} : { match_limit: matchLimit }),
  };
}

function pastOf({ timeline }: Scenario, elapsedMs: number): TimelineStep[] {
  return timeline.filter((step) => step.atMs <= elapsedMs);
}

/** Where a scenario does not say it, as many as were found until now. */
function limitOf(scenario: Scenario, elapsedMs: number): number {
  const { matched_candidates_count: matched } = snapshotAt(scenario, elapsedMs).run.status.metrics;
  return scenario.matchLimit ?? matched;
}

/** So many more matches one after the other, then the end. */
function searchFrom(scenario: Scenario, fromMs: number, matches: number): TimelineStep[] {
  const random = createRandom(seedFrom(`${scenario.findallId}/${fromMs}/${matches}`));
  const everyMs = Math.min(EVERY_MS, SEARCH_MS / matches);
  const steps = Array.from({ length: matches }, (_, index): TimelineStep[] => {
    const candidate = generateCandidate(random, index + 1);
    const atMs = fromMs + (index + 0.5) * everyMs;
    return [
      { atMs, kind: 'candidate', candidate },
      judge(random, atMs + everyMs / 2, candidate.candidate_id, 'matched'),
    ];
  }).flat();
  const endAt = fromMs + matches * everyMs + EVERY_MS;
  return [...steps, { atMs: endAt, kind: 'end', status: 'completed', terminationReason: 'match_limit_met' }];
}

function valuesFor(candidateId: string, outputSchema: Record<string, unknown>, atMs: number): EnrichStep {
  const schema = isRecord(outputSchema['json_schema']) ? outputSchema['json_schema'] : outputSchema;
  const properties = isRecord(schema['properties']) ? Object.entries(schema['properties']) : [];
  const fields = properties.slice(0, MOST_FIELDS);
  return {
    ...{ atMs, kind: 'enrich', candidateId },
    output: Object.fromEntries(
      fields.map(([field, form]) => [
        field,
        { value: valueOf(form, field, candidateId), type: 'enrichment' },
      ]),
    ),
    basis: fields.map(([field]) => ({
      field,
      reasoning: 'An invented page says so.',
      confidence: 'medium',
      citations: [{ title: 'An invented page', url: `https://register.example/${candidateId}/about` }],
    })),
  };
}

function valueOf(form: unknown, field: string, candidateId: string): unknown {
  const number = seedFrom(`${candidateId}/${field}`) % 1000;
  switch (isRecord(form) ? form['type'] : undefined) {
    case 'integer':
    case 'number':
      return number;
    case 'boolean':
      return number % 2 === 0;
    case 'array':
      return [`${field} ${number}`];
    default:
      return `${field} ${number}`;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
