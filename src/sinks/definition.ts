/**
 * What a type of sink is. One folder holds it, one line of `registry.ts` lists it, and all that the program knows of types
 * of sinks comes from there.
 */
import type { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Sink } from '../deliver/sink.ts';
import type { LogOutput } from '../logging/logger.ts';
import type { MessageOptions } from './kit/deliver.ts';
import type { OwnSetting } from './settings/own-setting.ts';
import {
  type CheckedBase,
  type OwnKey,
  type SinkBase,
  type Surroundings,
  type sinkSection,
  toSinkBase,
} from './settings/sink-base.ts';
import type { UsualRate } from './settings/usual-rate.ts';

export type SinkSection = ReturnType<typeof sinkSection<string, z.ZodRawShape>>;

/** The settings of a type of sink, declared once. */
export interface SinkSettings<Section extends SinkSection, Own> {
  /** Its section of the configuration file. Forms, defaults and the JSON Schema are in it. */
  readonly section: Section;
  /** The settings of its own as the program wants them. */
  toOwn(checked: z.output<Section>, surroundings: Surroundings): Own;
  /** Each setting of its own: how `check` shows it, and whether it is a secret. None can be left out. */
  readonly own: Readonly<Record<OwnKey<Section>, OwnSetting<NoInfer<Own>>>>;
  /** Absent: no limit. */
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

export interface SinkDefinition<Section extends SinkSection, Own>
  extends SinkSettings<Section, Own>,
    Behaviour<ConfigOf<Section, Own>> {
  readonly type: TypeOf<Section>;
  toConfig(checked: z.output<Section>, surroundings: Surroundings): ConfigOf<Section, Own>;
}

type TypeOf<Section extends SinkSection> = Section['shape']['type']['value'];

type ConfigOf<Section extends SinkSection, Own> = SinkBase &
  Readonly<Own> & { readonly type: TypeOf<Section> };

export function defineSink<Section extends SinkSection, Own>(
  parts: SinkSettings<Section, Own> & Behaviour<ConfigOf<Section, Own>>,
): SinkDefinition<Section, Own> {
  const { section, toOwn, usualRate } = parts;
  const type: TypeOf<Section> = section.shape.type.value;
  return {
    ...parts,
    type,
    toConfig(checked, surroundings) {
      const base = toSinkBase(checked as CheckedBase, usualRate?.of(checked) ?? null);
      return { ...base, type, ...toOwn(checked, surroundings) };
    },
  };
}
