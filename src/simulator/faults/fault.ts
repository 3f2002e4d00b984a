/**
 * A way for the simulated API to misbehave, as data. Spans are real milliseconds (not scaled), except
 * `byMs` of `stale`, which counts scenario time. README.md has the table of what each one does.
 */
export type Fault =
  | { kind: 'status'; status: number; retryAfter?: string; body?: ErrorBodyForm }
  | { kind: 'redirect'; location: string }
  | BodyFault
  | { kind: 'torn-json' }
  | { kind: 'broken-gzip' }
  | DeliveryFault;

/** Faults that answer 200 with a body that is not, or not quite, the run's snapshot. */
export type BodyFault =
  | { kind: 'html' }
  | { kind: 'v0' }
  | { kind: 'flat' }
  | { kind: 'missing-is-active' }
  | { kind: 'wrong-run' }
  | { kind: 'unknown-enums' }
  | { kind: 'nulls' }
  | { kind: 'shuffled' }
  | { kind: 'vanish'; share: number }
  | { kind: 'stale'; byMs: number };

/** Faults of the way: the answer itself is right, but comes late, in part, too big, or not at all. */
export type DeliveryFault =
  | { kind: 'slow-headers'; ms: number }
  | { kind: 'slow-body'; ms: number }
  | { kind: 'no-answer' }
  | { kind: 'stalled-body' }
  | { kind: 'reset' }
  | { kind: 'reset-mid-body' }
  | { kind: 'oversize'; bytes: number };

/** `api-error` and `detail` are the shapes the API documents; the others come from proxies. */
export type ErrorBodyForm = 'api-error' | 'detail' | 'html' | 'empty';

/** A fault with bounds: at most `times` answers (then it is gone), each with `probability` (default 1). */
export type FaultRule = Fault & { times?: number; probability?: number };

/** A fault and whom it concerns: a findall_id, or `*` for every run. */
export interface TargetedFault {
  target: string;
  fault: FaultRule;
}
