import type { Clock } from './clock.ts';

/** What is done again and again between start and stop, never twice at once. */
export interface Periodic {
  /** Begins, once. After a stop it does nothing. */
  start(): void;
  /** Cuts a wait short, and resolves when what is being done is over. Nothing is done after that. */
  stop(): Promise<void>;
}

export interface Pace {
  /** From the end of one time to the beginning of the next, after a failure too. The wait keeps the process alive. */
  ms: number;
  /** Before the first time. Absent: it is done at once, within `start`. */
  firstMs?: number;
  clock: Clock;
  /** Called with what `act` throws or rejects with: that ends neither the process nor the loop. */
  onFailure(error: unknown): void;
}

/** What follows: nothing means the usual wait, a number another one, `end` that it is not done again. */
export type Next = void | number | 'end';

/** Does `act` again and again, with a signal that aborts when it is stopped. Nothing happens before `start`. */
export function every(
  { ms, firstMs, clock, onFailure }: Pace,
  act: (signal: AbortSignal) => Next | Promise<Next>,
): Periodic {
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | undefined;

  async function once(): Promise<Next> {
    try {
      return await act(signal);
    } catch (error) {
      return onFailure(error);
    }
  }

  async function run(): Promise<void> {
    if (firstMs !== undefined) await clock.sleep(firstMs, signal);
    while (!signal.aborted) {
      const next = await once();
      if (next === 'end' || signal.aborted) return;
      await clock.sleep(next ?? ms, signal);
    }
  }

  return {
    start() {
      if (!signal.aborted) running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
