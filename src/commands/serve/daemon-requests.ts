import { type Clock, createSleeper } from '../../clock.ts';

/** What a running daemon may be asked for. */
type DaemonRequest = 'reload' | 'status';

/** Requests wait until they are answered; one that comes again meanwhile counts once. */
export interface DaemonRequests {
  ask(request: DaemonRequest): void;
  /** Every request, in order, until `signal` aborts. */
  until(signal: AbortSignal): AsyncGenerator<DaemonRequest, void>;
}

/** A loop that misses a wake would look again after so long. */
const LOOK_MS = 60_000;

/** Requests may be made before anybody heeds them. */
export function createDaemonRequests(clock: Clock): DaemonRequests {
  const waiting = new Set<DaemonRequest>();
  const sleeper = createSleeper(clock);
  return {
    ask(request) {
      waiting.add(request);
      sleeper.wake();
    },
    async *until(signal) {
      while (!signal.aborted) {
        const [next] = waiting;
        if (next === undefined) {
          await sleeper.wait(LOOK_MS, signal);
        } else {
          waiting.delete(next);
          yield next;
        }
      }
    },
  };
}
