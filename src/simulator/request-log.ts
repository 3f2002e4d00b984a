import type { Steering } from './route.ts';

/** One request about a run, from its arrival on. */
export interface RequestRecord {
  readonly findallId: string;
  /** `poll`: the result; `run`: the run object alone; `schema`: what was asked for. */
  readonly kind: 'poll' | 'run' | 'schema' | Steering;
  /** Epoch milliseconds of the arrival. */
  readonly at: number;
  /** Status of the answer; null until one was begun, and for ever when the connection went before that. */
  readonly status: number | null;
  /** From arrival until the exchange was over; null while it goes on. */
  readonly durationMs: number | null;
  /** Whether the whole answer was handed over. */
  readonly whole: boolean;
}

/** What was asked, and how many requests about one run went on at the same time. */
export interface RequestLog {
  begin(findallId: string, kind: RequestRecord['kind'], at: number): OpenRequest;
  /** The latest requests, oldest first; those of long ago are forgotten. */
  records(): readonly RequestRecord[];
  /** Every request ever begun, of one run or of all. */
  count(findallId?: string): number;
  /** Most requests for one run's state that were in progress at once; of any one run without an argument. */
  maxOverlap(findallId?: string): number;
}

interface OpenRequest {
  end(at: number, status: number | null, whole: boolean): void;
}

const REMEMBERED = 100_000;

/** An empty log. */
export function createRequestLog(): RequestLog {
  const records: { -readonly [Field in keyof RequestRecord]: RequestRecord[Field] }[] = [];
  const runs = new Map<string, { count: number; open: number; maxOpen: number }>();
  return {
    begin(findallId, kind, at) {
      const record = { findallId, kind, at, status: null, durationMs: null, whole: false };
      // Forgetting in halves keeps the cost per request constant.
      if (records.length >= 2 * REMEMBERED) records.splice(0, REMEMBERED);
      records.push(record);
      const run = runs.get(findallId) ?? { count: 0, open: 0, maxOpen: 0 };
      runs.set(findallId, run);
      run.count += 1;
      const reads = kind === 'poll' || kind === 'run';
      if (reads) run.open += 1;
      run.maxOpen = Math.max(run.maxOpen, run.open);
      return {
        end(endAt, status, whole) {
          if (reads) run.open -= 1;
          Object.assign(record, { status, whole, durationMs: endAt - at });
        },
      };
    },
    records: () => records,
    count: (findallId) =>
      findallId === undefined
        ? [...runs.values()].reduce((sum, run) => sum + run.count, 0)
        : (runs.get(findallId)?.count ?? 0),
    maxOverlap: (findallId) =>
      findallId === undefined
        ? [...runs.values()].reduce((most, run) => Math.max(most, run.maxOpen), 0)
        : (runs.get(findallId)?.maxOpen ?? 0),
  };
}
