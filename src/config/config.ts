import type { PollTiming } from '../declaration/declaration.ts';
import type { Baseline } from '../model.ts';
import type { SinkConfig } from '../sinks/registry.ts';

/** Everything the program can be told, validated, defaulted and frozen. Spans in ms, sizes in bytes. */
export interface Config {
  readonly api: {
    /** Null when none was given: enough for `check`, `runs` and the like, not for polling. */
    readonly key: string | null;
    readonly baseUrl: string;
    /** Polls on their way at once, in all. */
    readonly concurrency: number;
    /** Deadline of one poll over headers and body, short retries included. */
    readonly timeoutMs: number;
    readonly maxBodyBytes: number;
  };
  readonly poll: PollTiming;
  readonly runs: readonly RunConfig[];
  readonly sinks: readonly SinkConfig[];
  readonly store: {
    /** A file, or the URL of a PostgreSQL database with its password: shown through `shownPlace` only. */
    readonly path: string;
    readonly leaseMs: number;
    /** Most connections to the database at once. */
    readonly pool: number;
  };
  /** Health, metrics and the control API; null: off. */
  readonly http: HttpConfig | null;
  /** A ping that stops when the watcher does, for a service that misses it; null: none. */
  readonly heartbeat: HeartbeatConfig | null;
  /** Whether a change of the file is taken over by itself, as SIGHUP does on request. */
  readonly watchConfig: boolean;
  /** How long what was told of ended runs is kept; null: for ever. */
  readonly retentionMs: number | null;
  readonly log: { readonly level: LogLevel };
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface HttpConfig {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Names beside its own and loopback's by which it may be asked. */
  readonly hosts: readonly string[];
  /** Opens the control API to who has it; null: there is none. */
  readonly token: string | null;
}

export interface HeartbeatConfig {
  /** A secret as a whole: who knows it can keep an alarm from sounding. */
  readonly url: string;
  readonly intervalMs: number;
}

export interface RunConfig {
  readonly id: string;
  readonly label: string | null;
  readonly intervalMs: number | null;
  readonly baseline: Baseline;
}
