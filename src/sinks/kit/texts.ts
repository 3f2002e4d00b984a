/** How the operator's own words reach a sink. */
import type { DeliverContext, DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import type { RunEvent } from '../../run-event.ts';
import type { Spans } from './spans.ts';

/** The operator's words for events, by id; what is not here is said in the built-in words. */
export type Texts = ReadonlyMap<string, Spans>;

export interface TextContext extends DeliverContext {
  texts?: Texts;
}

/** A sink that takes the operator's words. Every sink may be called as one. */
export interface TextSink extends Sink {
  deliver(events: readonly RunEvent[], context: TextContext): Promise<DeliveryOutcome>;
}
