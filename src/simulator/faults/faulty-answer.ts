import { jsonAnswer, type Answer } from '../answer.ts';
import { errorAnswer, htmlAnswer } from '../api-errors.ts';
import { distort } from './distort.ts';
import type { DeliveryFault, Fault } from './fault.ts';
import type { SimulatedRun } from '../simulated-run.ts';

/** What is asked about a run: the result, or the run object alone. */
export type View = 'result' | 'run';

/** An answer, and the part of its fault that is left for the delivery. */
export interface Delivery {
  answer: Answer;
  fault: DeliveryFault | null;
}

/** The answer about `run` under `fault`. */
export function answerUnder(
  fault: Fault | null,
  run: SimulatedRun,
  view: View,
  newRefId: () => string,
): Delivery {
  const right = (): Answer => (view === 'result' ? run.answer() : viewed(run.snapshot(), view));
  if (fault === null) return { answer: right(), fault: null };
  if (isDeliveryFault(fault)) return { answer: right(), fault };
  return { answer: replaced(fault, run, view, newRefId) ?? damaged(fault, right()), fault: null };
}

/** Null for the faults that damage the right answer instead. */
function replaced(
  fault: Exclude<Fault, DeliveryFault>,
  run: SimulatedRun,
  view: View,
  newRefId: () => string,
): Answer | null {
  if (fault.kind === 'torn-json' || fault.kind === 'broken-gzip') return null;
  if (fault.kind === 'status') return errorAnswer(fault.status, newRefId(), fault);
  if (fault.kind === 'redirect') {
    return { status: 302, headers: { location: fault.location }, body: Buffer.alloc(0) };
  }
  if (fault.kind === 'html') return htmlAnswer(200, 'Scheduled maintenance');
  if (fault.kind === 'stale') return viewed(run.snapshotAgo(fault.byMs), view);
  return viewed(distort(run.snapshot(), fault), view);
}

function isDeliveryFault(fault: Fault): fault is DeliveryFault {
  return Object.hasOwn(DELIVERY_KINDS, fault.kind);
}

/** A record, so that the compiler misses a kind that is not listed. */
const DELIVERY_KINDS: Readonly<Record<DeliveryFault['kind'], true>> = {
  'slow-headers': true,
  'slow-body': true,
  'no-answer': true,
  'stalled-body': true,
  reset: true,
  'reset-mid-body': true,
  oversize: true,
};

/** Bodies without a `run` (some distorted ones) stand for themselves. */
function viewed(body: unknown, view: View): Answer {
  const run = typeof body === 'object' && body !== null && 'run' in body ? body.run : body;
  return jsonAnswer(view === 'run' ? run : body);
}

/** Torn: cut in the middle, with a length that fits, so HTTP sees nothing wrong. Broken: says gzip, is none. */
function damaged(fault: Fault, answer: Answer): Answer {
  if (fault.kind === 'torn-json') {
    return { ...answer, body: answer.body.subarray(0, Math.floor(answer.body.length / 2)) };
  }
  return { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' } };
}
