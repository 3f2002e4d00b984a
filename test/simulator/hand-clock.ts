import { EventEmitter, once } from 'node:events';
import type { Clock } from '../../src/clock.ts';

/** A clock that stands still until it is moved on. */
export interface HandClock extends Clock {
  advance(ms: number): void;
  /** Resolves once somebody sleeps. */
  sleeping(): Promise<void>;
  /** Who sleeps now: one entry each, the instant of waking. */
  sleepers(): number[];
}

export function createHandClock(now = Date.UTC(2026, 9, 1, 12)): HandClock {
  const signs = new EventEmitter();
  const sleepers = new Set<{ wakeAt: number; wake: () => void }>();
  return {
    now: () => now,
    elapsed: () => now,
    async sleep(ms, signal) {
      await new Promise<void>((resolve) => {
        const sleeper = { wakeAt: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          resolve();
        });
        signs.emit('sleep');
      });
    },
    advance(ms) {
      now += ms;
      for (const sleeper of sleepers) {
        if (sleeper.wakeAt > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
    async sleeping() {
      if (sleepers.size === 0) await once(signs, 'sleep');
    },
    sleepers: () => [...sleepers].map((sleeper) => sleeper.wakeAt),
  };
}
