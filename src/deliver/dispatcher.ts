import type { Clock } from '../clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { DeliveryLease, DeliveryStore } from '../record/outbox.ts';
import { createWorkLoop, type WorkLoop } from '../work-loop.ts';
import { isPaced, paceOf } from './pace.ts';
import { MOST_GROUPED, type ConfiguredSink } from './sink.ts';

export interface DispatcherOptions {
  store: Pick<DeliveryStore, 'claimDueDeliveries' | 'renewDelivery'>;
  sinks: readonly ConfiguredSink[];
  deliver(configured: ConfiguredSink, lease: DeliveryLease, signal: AbortSignal): Promise<void>;
  owner: string;
  leaseMs: number;
  clock: Clock;
  logger: Logger;
}

/**
 * Delivers what is pending: a loop of its own for every sink, so that none waits for another, and within a sink as many
 * streams at once as it allows, each in sequence.
 */
export function createDispatcher(options: DispatcherOptions): WorkLoop {
  const { store, owner, leaseMs, clock, logger } = options;
  const loops = options.sinks.map((configured) => {
    const { sink, retry, pace, rate, settings } = configured;
    return createWorkLoop<DeliveryLease>({
      name: `dispatcher ${sink.name}`,
      concurrency: sink.concurrency,
      // Retries are due at times of the store; a quarter of the shortest keeps them.
      tickMs: Math.min(250, Math.max(20, Math.round(retry.firstMs / 4))),
      claim: (streams) =>
        store.claimDueDeliveries({
          owner,
          sink: sink.name,
          streams,
          batch: sink.maxBatch,
          // What is urgent may stand behind more than one message carries.
          look: isPaced(pace) ? MOST_GROUPED : sink.maxBatch,
          paceOf: (pending, now, sendThrough) => paceOf(pending, pace, now, sendThrough),
          ...{ rate, settings },
          leaseMs,
          now: () => clock.now(),
        }),
      work: (lease, signal) => options.deliver(configured, lease, signal),
      renewEveryMs: leaseMs / 3,
      renew: (lease) => store.renewDelivery(lease, { leaseMs, now: clock.now() }),
      clock,
      logger,
    });
  });
  return {
    start: () => loops.forEach((loop) => loop.start()),
    wake: () => loops.forEach((loop) => loop.wake()),
    async stop(graceMs) {
      await Promise.all(loops.map((loop) => loop.stop(graceMs)));
    },
    health: () => loops.flatMap((loop) => loop.health()),
  };
}
