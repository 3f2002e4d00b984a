/** The seam to the schemas of runs: what their creators asked for. Progress and advice use it; no event waits for it. */
import type { RunSchema } from '../model.ts';

export interface RunSchemas {
  /**
   * Takes a polled run that was seen and whose schema is missing, or of an earlier episode, longest due first. Null: there is
   * none that is due, the key is refused, or `budget` polls are in flight. The claim itself makes the next try due, later with
   * each try: so one process asks at a time, and a process that dies leaves nothing behind.
   */
  claimSchema(claim: SchemaClaim): Promise<SchemaLease | null>;
  /** Stores what was asked for. False when another try has begun since. */
  recordSchema(lease: SchemaLease, schema: RunSchema): Promise<boolean>;
  /** Has the schema asked for again, now: its match limit may have been raised. */
  askSchemaAgain(findallId: string, now: number): Promise<void>;
}

export interface SchemaClaim {
  now: number;
  keyFingerprint: string;
  /** Only these runs; all when absent. */
  only?: readonly string[];
  /** No schema is asked for while so many polls are in flight by all owners together; absent: not counted. */
  budget?: number;
}

/** The right to ask for the schema of a run, until the next try is due. */
export interface SchemaLease {
  findallId: string;
  episode: number;
  /** 1 for the first try since the schema was last had. */
  tries: number;
  nextTryAt: number;
}
