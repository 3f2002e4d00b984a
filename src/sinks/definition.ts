/**
 * What a type of sink is. One folder holds it, one line of `registry.ts` lists it, and all that the program knows of types
 * of sinks comes from there.
 */
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Fields, Frozen, Setting } from '../config/forms/setting.ts';
import type { Filter } from '../declaration/declaration.ts';
import type { PacePolicy } from '../deliver/pace.ts';
import type { RetryPolicy, Sink } from '../deliver/sink.ts';
import type { LogOutput } from '../logging/logger.ts';
import type { Rate } from '../record/outbox.ts';
import type { MessageOptions } from './kit/deliver.ts';
import type { TemplateSources } from './kit/template.ts';
import type { Surroundings } from './settings/sink-settings.ts';
import type { UsualRate } from './settings/usual-rate.ts';

/** What every sink's configuration holds, beside the settings of its type. */
interface SinkBase extends Filter, PacePolicy {
  readonly name: string;
  /** Exact event types and `prefix.*`. */
  readonly events: readonly string[];
  readonly group: { readonly waitMs: number; readonly max: number; readonly overflow: 'split' | 'count' };
  /** Null: no limit. */
  readonly rate: Rate | null;
  /** The operator's own words; null: every event has the built-in ones. */
  readonly template: TemplateSources | null;
  readonly retry: RetryPolicy;
}

type SinkSection = z.ZodType<Omit<SinkBase, 'rate'> & { rate?: Rate | null | undefined; type: string }>;

/** The settings of a type of sink, as `sinkSettings` has them. */
export interface SinkSettings<Section extends SinkSection, Resolved extends object> {
  readonly type: z.output<Section>['type'];
  readonly fields: Fields & { readonly type: Setting; readonly group: Setting };
  readonly section: Section;
  resolve?(checked: z.output<Section>, surroundings: Surroundings): Resolved;
  readonly usualRate?: UsualRate<z.output<Section>>;
}

/** What one message carries. `each`: one event in full. `batch`: several in full. `people`: words about a group of events. */
export type Carries = 'each' | 'batch' | 'people';

/** What the program gives to a sink. */
export interface SinkContext {
  readonly log: LogOutput;
  readonly clock: Clock;
  readonly userAgent: string;
  /** See `MessageOptions`. */
  readonly onTooLong: MessageOptions['onTooLong'];
}

interface Behaviour<Config> {
  readonly carries: Carries;
  /** The text of a template is a body of JSON: what does not parse has failed. */
  readonly textIsJson?: true;
  /** What it rejected is not sent again in the built-in words: it has acted on these events already. */
  readonly actsOnRejected?: true;
  /** The implementation is loaded here, so that a start loads those of the configured sinks only. */
  create(config: Config, context: SinkContext): Promise<Sink>;
}

/** A section as the program wants it: checked, completed and frozen. */
type ConfigOf<Section extends SinkSection, Resolved> = Frozen<
  Omit<z.output<Section>, 'rate' | keyof Resolved>
> & { readonly rate: Rate | null } & Readonly<Resolved>;

export function defineSink<const Section extends SinkSection, Resolved extends object>(
  parts: SinkSettings<Section, Resolved> & Behaviour<ConfigOf<Section, Resolved>>,
) {
  const { usualRate, resolve } = parts;
  return {
    ...parts,
    toConfig(checked: z.output<Section>, surroundings: Surroundings): ConfigOf<Section, Resolved> {
      const rate = checked.rate === undefined ? (usualRate?.of(checked) ?? null) : checked.rate;
      const whole = { ...checked, rate, ...resolve?.(checked, surroundings) };
      return whole as unknown as ConfigOf<Section, Resolved>;
    },
  };
}
