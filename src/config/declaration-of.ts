import { createHash } from 'node:crypto';
import type { Declaration, DeclaredSink, Generation } from '../declaration/declaration.ts';
import { digest } from '../diff/content-digest.ts';
import type { LoadedConfig } from './load-config.ts';
import type { SinkConfig } from '../sinks/registry.ts';

/** What of a configuration is put in force on the store, for every process that records there. */
export function declarationOf({ config, file }: Pick<LoadedConfig, 'config' | 'file'>): Generation {
  const declaration: Declaration = {
    poll: config.poll,
    runs: file === null && config.runs.length === 0 ? null : config.runs,
    sinks: config.sinks.map(declaredSink),
  };
  return { generation: digest(JSON.stringify(declaration)).slice(0, 12), declaration };
}

function declaredSink(sink: SinkConfig): DeclaredSink {
  const { name, events, runs, minConfidence, unknownConfidence, quiet, urgent, rate, retry } = sink;
  const { waitMs, max } = sink.group;
  return {
    ...{ name, events, runs, minConfidence, unknownConfidence },
    delivery: { group: { waitMs, max }, quiet, urgent, rate, retry },
    settings: settingsDigest(sink),
  };
}

/** See `DeclaredSink.settings`. What a command inherits of the environment is no setting of it. */
export function settingsDigest(sink: SinkConfig): string {
  const settings = JSON.stringify(sink, (key, value: unknown) => (key === 'environment' ? undefined : value));
  return createHash('sha256').update(`findall-watch sink ${settings}`).digest('hex').slice(0, 8);
}
