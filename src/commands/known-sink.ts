import type { Config } from '../config/config.ts';
import type { SinkConfig } from '../config/sinks/sections.ts';
import { nearestWord } from '../config/did-you-mean.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { cleanText } from '../present/clean-text.ts';
import type { Store } from '../record/store.ts';

/** Names of the sinks that are paid: by this configuration, or by the daemon on this store. */
export async function paidSinks(store: Store, config: Config): Promise<Set<string>> {
  const declared = await store.declaredSinks();
  return new Set([...config.sinks, ...declared].map(({ name }) => name));
}

/** Makes sure that a sink is configured, or that something was ever owed to it. Throws OperatorError. */
export async function knownSink(store: Store, config: Config, name: string): Promise<void> {
  const names = await paidSinks(store, config);
  for (const { sink } of await store.backlog()) names.add(sink);
  if (names.has(name)) return;
  const [anything] = await store.deliveries({ sink: name, limit: 1 });
  if (!anything) throw unknownSink(name, [...names]);
}

/** The sink of this name as it is configured here. Throws OperatorError when there is none. */
export function configuredSink({ sinks }: Config, name: string): SinkConfig {
  const sink = sinks.find((each) => each.name === name);
  if (sink) return sink;
  throw unknownSink(
    name,
    sinks.map((each) => each.name),
    'configured',
  );
}

function unknownSink(name: string, known: readonly string[], which = 'known'): OperatorError {
  const near = nearestWord(name, known);
  const mean = near === undefined ? '' : `did you mean ${near}? `;
  return new OperatorError(EXIT.usage, `no sink named ${JSON.stringify(cleanText(name, 80))} is ${which}`, {
    hint: `${mean}there ${known.length === 1 ? 'is' : 'are'} ${known.toSorted().join(', ') || 'none'}`,
  });
}
