/** What processes on one store tell each other of the sinks that events are owed to. */
import type { SinkConfig } from '../config/sinks/sections.ts';
import type { Subscription } from '../deliver/subscriptions.ts';
import type { DeclaredSink } from '../record/outbox.ts';
import type { Store } from '../record/store.ts';

/** What the store is told of the configured sinks: whom events are owed to, and nothing of how to reach them. */
export function declarationsOf(sinks: readonly SinkConfig[]): DeclaredSink[] {
  return sinks.map(({ name, events, runs, minConfidence, unknownConfidence }) => {
    const subscription: Subscription = { name, events, runs, minConfidence, unknownConfidence };
    return { name, subscription };
  });
}

/** The sinks of the daemon on this store that `own` does not have: following must not swallow what they would get. */
export async function sinksOfTheDaemon(store: Store, own: readonly SinkConfig[]): Promise<Subscription[]> {
  const known = new Set(own.map((sink) => sink.name));
  const declared = await store.declaredSinks();
  return declared
    .filter(({ name }) => !known.has(name))
    .map(({ subscription }) => subscription as Subscription);
}
