import { z } from 'zod';
import type { PacePolicy } from '../../deliver/pace.ts';
import type { RetryPolicy } from '../../deliver/sink.ts';
import type { Filter } from '../../declaration/declaration.ts';
import type { TemplateSources } from '../kit/template.ts';
import type { Rate } from '../../record/outbox.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import type { Variables } from '../../config/reading/environment.ts';
import { EVENT_PATTERNS } from '../../events/event-patterns.ts';
import { duration, map, oneOf, rate } from '../../config/forms/setting-kinds.ts';
import { parseRunId } from '../../config/forms/run-id.ts';
import { LABEL, SINK_NAME } from '../../config/forms/text-forms.ts';
import type { GroupConfig } from './group.ts';
import { quiet } from './quiet.ts';
import { template, toTemplateSources } from './template-setting.ts';

const EVENT = oneOf(
  EVENT_PATTERNS as [string, ...string[]],
  'an event type such as findall.candidate.matched, or a family such as findall.run.* (config/README.md lists them)',
);

const retry = map({
  first: duration('10ms', '1d')
    .prefault(DEFAULTS.sink.retry.first)
    .describe('Wait before the first retry; doubles from there.'),
  max: duration('10ms', '7d').prefault(DEFAULTS.sink.retry.max).describe('Longest wait between two tries.'),
  giveUp: duration('100ms', '30d')
    .prefault(DEFAULTS.sink.retry.giveUp)
    .describe('After this long of failed tries a delivery is dead.'),
  alertAfter: duration('1s', '7d')
    .prefault(DEFAULTS.sink.retry.alertAfter)
    .describe('After this long of failed tries the other sinks are told.'),
})
  .prefault({})
  .describe('When a refused delivery is tried again and when it is given up.');

/** The settings that every sink has, beside `type` and `group`, which have a form in each section. */
const sinkBase = {
  name: SINK_NAME.describe('Unique; what is pending is filed under it, so a renamed sink is a new sink.'),
  events: z
    .array(EVENT, { error: 'a list of event types' })
    .min(1, { error: 'at least one event type' })
    .prefault([...DEFAULTS.sink.events])
    .describe('Event types this sink gets, exact or as prefix.* of a family.'),
  runs: z
    .array(LABEL, { error: 'a list of findall ids and label patterns' })
    .min(1, { error: 'at least one findall id or label pattern' })
    .optional()
    .describe('Only events of these runs: findall ids, or labels in which * and ? stand for anything.'),
  minConfidence: oneOf(['low', 'medium', 'high'])
    .optional()
    .describe('Only candidates of which every match condition is at least this certain.'),
  unknownConfidence: oneOf(['pass', 'low'])
    .prefault(DEFAULTS.sink.unknownConfidence)
    .describe('Whether a match condition without a confidence passes or counts as low.'),
  quiet,
  urgent: z
    .array(EVENT, { error: 'a list of event types' })
    .prefault([])
    .describe('Event types that are told at once, in quiet hours too; exact or as prefix.* of a family.'),
  rate: rate
    .optional()
    .describe('How many messages may begin within a span; unless told what the service allows.'),
  template,
  retry,
};

/** The section of a type of sink: `does` says in one sentence what it is, `own` holds `group` and the settings of its own. */
export function sinkSection<const Type extends string, Own extends z.ZodRawShape>(
  type: Type,
  does: string,
  own: Own,
) {
  return map({ type: z.literal(type).describe(does), ...sinkBase, ...own });
}

/** The settings of a section that are its own. */
export type OwnKey<Section extends { shape: object }> = Exclude<
  keyof Section['shape'],
  keyof typeof sinkBase | 'type' | 'group'
>;

/** What a section needs to know of the process: the working directory and the environment, `.env` included. */
export interface Surroundings {
  absolute(path: string): string;
  readonly variables: Variables;
}

/** What every sink's configuration holds. */
export interface SinkBase extends Filter, PacePolicy {
  readonly name: string;
  /** Exact event types and `prefix.*`. */
  readonly events: readonly string[];
  readonly group: GroupConfig;
  /** Null: no limit. */
  readonly rate: Rate | null;
  /** The operator's own words; null: all is told in the built-in ones. */
  readonly template: TemplateSources | null;
  readonly retry: RetryPolicy;
}

/** The common settings once checked. */
export type CheckedBase = z.output<z.ZodObject<typeof sinkBase>> & {
  group: { wait: number; max?: number; overflow?: GroupConfig['overflow'] };
};

/** The checked form of the common settings as the program wants it; `usualRate` is what the service allows. */
export function toSinkBase(checked: CheckedBase, usualRate: Rate | null): SinkBase {
  const { name, events, runs, minConfidence, unknownConfidence, group, quiet: windows, urgent } = checked;
  const { first, max, giveUp, alertAfter } = checked.retry;
  return {
    name,
    events: [...new Set(events)],
    runs: runs === undefined ? null : [...new Set(runs.map((each) => parseRunId(each) ?? each))],
    minConfidence: minConfidence ?? null,
    unknownConfidence,
    group: { waitMs: group.wait, max: group.max ?? 1, overflow: group.overflow ?? 'split' },
    quiet: windows,
    urgent: [...new Set(urgent)],
    rate: checked.rate === undefined ? usualRate : checked.rate,
    template: toTemplateSources(checked.template),
    retry: { firstMs: first, maxMs: max, giveUpMs: giveUp, alertAfterMs: alertAfter },
  };
}
