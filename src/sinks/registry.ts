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
import type { OwnSetting } from './settings/own-setting.ts';
import type { Surroundings } from './settings/sink-base.ts';
import { slack } from './slack/definition.ts';
import { teams } from './teams/definition.ts';
import { telegram } from './telegram/definition.ts';
import { webhook } from './webhook/definition.ts';

/** In the order in which messages and documentation name them. */
export const SINKS = [log, webhook, command, file, slack, discord, teams, telegram, email, ntfy] as const;

export type SinkConfig = ReturnType<(typeof SINKS)[number]['toConfig']>;

/** For the union that `type` decides. */
export const SINK_SECTIONS = sectionsOf(SINKS);

export type CheckedSink = z.output<(typeof SINK_SECTIONS)[number]>;

/** The types in words, for messages. */
export const SINK_TYPES = joined(SINKS.map(({ type }) => type));

/** A definition whose type is not known: what it says of its sections and configurations is taken on trust. */
interface AnySink {
  readonly type: string;
  readonly own: Readonly<Record<string, OwnSetting<SinkConfig>>>;
  readonly carries: Carries;
  readonly textIsJson?: true;
  readonly actsOnRejected?: true;
  toConfig(checked: CheckedSink, surroundings: Surroundings): SinkConfig;
  create(config: SinkConfig, context: SinkContext): Promise<Sink>;
}

const BY_TYPE: ReadonlyMap<unknown, AnySink> = new Map(SINKS.map((sink) => [sink.type, sink as AnySink]));

/** Undefined for anything that is no type of sink. */
export function findSink(type: unknown): AnySink | undefined {
  return BY_TYPE.get(type);
}

/** The definition that a checked section or a configuration belongs to. */
export function definitionOf({ type }: { type: SinkConfig['type'] }): AnySink {
  const found = findSink(type);
  if (!found) throw new Error(`no sink of type ${type}`);
  return found;
}

/**
 * Keys of settings that are secret in any type of sink. They are hidden in sinks of every type, because a setting may stand
 * in a sink of the wrong type.
 */
export const SECRET_KEYS = { hidden: keysThatAre('hidden'), address: keysThatAre('address') };

function keysThatAre(secrecy: OwnSetting<never>['secrecy']): readonly string[] {
  const keys = SINKS.flatMap(({ own }) =>
    Object.entries(own).flatMap(([key, setting]) => (setting.secrecy === secrecy ? [key] : [])),
  );
  return [...new Set(keys)];
}

function sectionsOf<Listed extends readonly { section: unknown }[]>(sinks: Listed) {
  return sinks.map(({ section }) => section) as { [Index in keyof Listed]: Listed[Index]['section'] };
}

function joined(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
