import { actLater, type Clock } from '../clock.ts';

/** The time that a piece of work has. */
export interface Deadline {
  /** Aborts when the time is over, when the work is cancelled, and at its end: nothing of it is left behind. */
  readonly signal: AbortSignal;
  isOver(): boolean;
  /** Throws the reason of the cancellation. */
  throwIfCancelled(): void;
}

const OVER = new Error('the deadline is over');
const ENDED = new Error('the work has ended');

/** What `promise` gives; rejects with the reason as soon as `signal` aborts. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  // The race below waits for both in any case: a failure that comes later is nobody's unhandled rejection.
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Does `work` with `ms` of time by `clock`; `signal` cancels it. Rejects at once when it is cancelled already. */
export async function withDeadline<T>(
  { ms, clock, signal }: { ms: number; clock: Clock; signal: AbortSignal },
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  // By hand: `AbortSignal.timeout` has a clock of its own, and what `AbortSignal.any` makes waits to be collected.
  const controller = new AbortController();
  const cancel = () => controller.abort(signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  void actLater(() => controller.abort(OVER), { clock, ms, signal: controller.signal });
  try {
    return await work({
      signal: controller.signal,
      isOver: () => controller.signal.reason === OVER,
      throwIfCancelled: () => signal.throwIfAborted(),
    });
  } finally {
    signal.removeEventListener('abort', cancel);
    controller.abort(ENDED);
  }
}
