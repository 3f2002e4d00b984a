import type { Addressees, Rules } from '../declaration.ts';
import { draftSinkEvent, type EventDraft } from '../diff/event.ts';
import type { SinkChange, SinkStanding } from '../record/outbox.ts';
import type { DeliveryOutcome } from './sink.ts';

export interface SinkJudgement {
  sink: string;
  standing: SinkStanding;
  outcome: DeliveryOutcome | { kind: 'cut-off' };
  /** How long a sink fails before the others are told. */
  tellAfterMs: number;
  addresseesOf: Rules['addresseesOf'];
  now: number;
}

/**
 * What the end of an attempt says about its sink: the first failure begins an episode, a success ends it, and the other
 * sinks are told of trouble that lasts, of a stop, and of the recovery. Whether that is told already only the store
 * knows: other attempts have ended since this one's claim. Null when it says nothing new; a message that was refused says
 * nothing about the sink, which did answer. Pure.
 */
export function judgeSink(judgement: SinkJudgement): SinkChange | null {
  const { standing, outcome, tellAfterMs, now } = judgement;
  const { state, episode, told, since } = standing;
  switch (outcome.kind) {
    case 'delivered': {
      if (state === 'running') return null;
      const lasted = since === null ? {} : { since: isoTime(since), lasted_ms: now - since };
      return { kind: 'recovered', episode, event: owe(judgement, 'recovered', lasted) };
    }
    case 'stopped': {
      const { reason } = outcome;
      return { kind: 'stopped', episode, reason, event: owe(judgement, 'stopped', { reason }) };
    }
    case 'retry': {
      const { reason } = outcome;
      if (state === 'running' || since === null) return { kind: 'failing', episode, reason, event: null };
      if (told !== null || now - since < tellAfterMs) return null;
      const data = { reason, since: isoTime(since), failing_for_ms: now - since };
      return { kind: 'failing', episode, reason, event: owe(judgement, 'failing', data) };
    }
    case 'rejected':
    case 'cut-off':
      return null;
  }
}

/** To every sink that wants it but the one it is about: that one could not be told, or knows. */
function owe(
  { sink, standing, addresseesOf }: SinkJudgement,
  kind: 'failing' | 'stopped' | 'recovered',
  data: Record<string, unknown>,
): Addressees & { draft: EventDraft } {
  const draft = draftSinkEvent(`findall.sink.${kind}`, sink, standing.episode, data);
  const { sinks, passedOver } = addresseesOf(draft);
  const others = sinks.filter((name) => name !== sink);
  const itself = others.length === sinks.length ? [] : [{ sink, why: 'it is about this sink' }];
  return { draft, sinks: others, passedOver: [...passedOver, ...itself] };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
