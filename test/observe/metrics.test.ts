import { expect, test } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { Settled } from '../../src/record/outbox.ts';
import { matchEvent } from '../builders/event-builders.ts';

test('an attempt counts the events that its message carried', async () => {
  const sinks = ['crm'];
  const metrics = createMetrics({ sinks, eventTypes: [], watchStates: [], version: '1', nodeVersion: '24' });
  const events = [matchEvent('a', 'c1', 1), ...[2, 3, 4].map((n) => matchEvent('a', `c${n}`, n))] as const;
  const lease = { sink: 'crm', events: [...events] } satisfies Parameters<typeof metrics.attempt>[0]['lease'];
  const settled: Settled = { kind: 'settled', events: [] };

  metrics.attempt({ lease, settled, settlement: { kind: 'delivered', now: 0, count: 3 } });
  metrics.attempt({ lease, settled, settlement: { kind: 'retry', now: 0, at: 1, reason: '503', count: 1 } });
  metrics.attempt({ lease, settled, settlement: { kind: 'released', now: 0 } });

  const text = await metrics.render(null, { isReady: true, leftToOthers: [], wakeSignalFailures: 0, now: 0 });
  const counted = ['delivered', 'retry', 'released'].map((outcome) =>
    Number(new RegExp(`deliveries_total{sink="crm",outcome="${outcome}"} (\\d+)`).exec(text)?.[1]),
  );
  expect(counted).toEqual([3, 1, 4]);
});
