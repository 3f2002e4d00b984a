import type { Config } from '../../config/config.ts';
import type { SinkConfig } from '../../sinks/registry.ts';
import { nearestWord } from '../../text/nearest-word.ts';
import { EXIT, OperatorError } from '../../errors.ts';
import { cleanText } from '../../text/clean-text.ts';
import type { Subscription } from '../../declaration/declaration.ts';
import type { Store } from '../../record/store.ts';

/** The declared sinks; before any daemon has declared, those of this configuration. */
export async function sinksInForce(store: Store, config: Config): Promise<readonly Subscription[]> {
  const inForce = await store.inForce();
  return inForce === null ? config.sinks : inForce.declaration.sinks;
}

/** Names of the sinks that a daemon delivers to, see `sinksInForce`. */
export async function declaredNames(store: Store, config: Config): Promise<Set<string>> {
  return new Set((await sinksInForce(store, config)).map(({ name }) => name));
}

/** Makes sure that a sink is configured, or that something was ever pending for it. Throws OperatorError. */
export async function knownSink(store: Store, config: Config, name: string): Promise<void> {
  const names = await declaredNames(store, config);
  for (const each of config.sinks) names.add(each.name);
  for (const { sink } of await store.backlog()) names.add(sink);
  if (names.has(name) || (await store.hasSink(name))) return;
  throw unknownSink(name, [...names]);
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
