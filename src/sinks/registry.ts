/** Every type of sink there is. What the program knows of types of sinks is derived from this list. */
import type { z } from 'zod';
import type { Sink } from '../deliver/sink.ts';
import { command } from './command/definition.ts';
import type { Carries, SinkContext } from './definition.ts';
import { discord } from './discord/definition.ts';
import { email } from './email/definition.ts';
import { file } from './file/definition.ts';
import { log } from './log/definition.ts';
import { ntfy } from './ntfy/definition.ts';
import type { Surroundings } from './settings/sink-settings.ts';
import { slack } from './slack/definition.ts';
import { teams } from './teams/definition.ts';
import { telegram } from './telegram/definition.ts';
import { webhook } from './webhook/definition.ts';

/** In the order in which messages and documentation name them. */
export const SINKS = [log, webhook, command, file, slack, discord, teams, telegram, email, ntfy] as const;

export type SinkConfig = ReturnType<(typeof SINKS)[number]['toConfig']>;

/** For the union that `type` decides. */
export const SINK_SECTIONS = sectionsOf(SINKS);

/** The settings of each type. */
export const SINK_FIELDS = SINKS.map(({ fields }) => fields);

type CheckedSink = z.output<(typeof SINK_SECTIONS)[number]>;

/** The types, for documentation. */
export const SINK_TYPES_LISTED = SINKS.map(({ type }) => type).join(', ');

/** The types in words, for messages. */
export const SINK_TYPES = joined(SINKS.map(({ type }) => type));

/** A definition whose type is not known: what it says of its sections and configurations is taken on trust. */
interface AnySink {
  readonly type: string;
  readonly carries: Carries;
  readonly textIsJson?: true;
  readonly actsOnRejected?: true;
  toConfig(checked: CheckedSink, surroundings: Surroundings): SinkConfig;
  create(config: SinkConfig, context: SinkContext): Promise<Sink>;
}

const BY_TYPE: ReadonlyMap<unknown, AnySink> = new Map(SINKS.map((sink) => [sink.type, sink as AnySink]));

/** The definition that a checked section or a configuration belongs to. */
export function definitionOf({ type }: { type: SinkConfig['type'] }): AnySink {
  const found = BY_TYPE.get(type);
  if (!found) throw new Error(`no sink of type ${type}`);
  return found;
}

function sectionsOf<Listed extends readonly { section: unknown }[]>(sinks: Listed) {
  return sinks.map(({ section }) => section) as { [Index in keyof Listed]: Listed[Index]['section'] };
}

function joined(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
