/**
 * The operator's own words for events, before any sink: rendered here, and where they do not do, the built-in message
 * goes out instead. A template never keeps an event from being told.
 */
import type { RunEvent } from '../model.ts';
import { type EventTemplate, createTemplates, type TemplateSources } from '../present/template.ts';
import { plainText, type Text } from '../present/template-text.ts';
import type { Unsent } from '../record/outbox.ts';
import type { DeliveryOutcome, Sink } from './sink.ts';

export interface TemplateOptions {
  sources: TemplateSources;
  /** How many events a message of the sink lists: no more are rendered. Infinity where each has a text of its own. */
  listed: number;
  /** The texts are bodies of JSON: what does not parse has failed. */
  isJson: boolean;
  /**
   * Whether a message in the operator's words that was rejected is told in ours. Not where a rejection has nothing to
   * do with its form.
   */
  retells: boolean;
  /** Told why the built-in message went out. */
  onFailed(failure: { event: RunEvent; reason: string }): void;
}

interface Wording {
  /** Without the events about which the operator says nothing. */
  events: RunEvent[];
  texts: Map<string, Text | null>;
}

type Worded = ({ kind: 'worded' } & Wording) | { kind: 'failed'; event: RunEvent; reason: string };

/** The sink with the operator's words. An attempt may take twice as long as one of the sink alone. */
export function withTemplates(sink: Sink, options: TemplateOptions): Sink {
  const { retells, onFailed } = options;
  const templateOf = createTemplates(options.sources);
  return {
    name: sink.name,
    maxBatch: sink.maxBatch,
    concurrency: sink.concurrency,
    async deliver(events, context) {
      context.signal.throwIfAborted();
      const wanted = events.filter(({ type }) => templateOf(type)?.isBlank !== true);
      const worded = wordsFor(wanted, templateOf, options);
      if (worded.kind === 'failed') {
        onFailed(worded);
        const outcome = await sink.deliver(wanted, context);
        return outcome.kind === 'delivered' ? { ...outcome, ...unsentOf(events, wanted) } : outcome;
      }
      const [first] = worded.events;
      if (!first) return { kind: 'delivered', ...unsentOf(events, worded.events) };
      const outcome = await deliverWorded(first, worded);
      return outcome.kind === 'delivered' ? { ...outcome, ...unsentOf(events, worded.events) } : outcome;

      async function deliverWorded(
        one: RunEvent,
        { events: sent, texts }: Wording,
      ): Promise<DeliveryOutcome> {
        const inTheirs = await sink.deliver(sent, { ...context, texts });
        if (inTheirs.kind !== 'rejected' || texts.size === 0 || !retells) return inTheirs;
        onFailed({ event: one, reason: inTheirs.reason });
        return await sink.deliver(sent, context);
      }
    },
    close: () => sink.close(),
  };
}

/** Those of `events` that were not sent, because their template is empty. */
function unsentOf(events: readonly RunEvent[], sent: readonly RunEvent[]): { unsent?: Unsent } {
  const ids = new Set(sent.map(({ id }) => id));
  const eventIds = events.map(({ id }) => id).filter((id) => !ids.has(id));
  return eventIds.length === 0 ? {} : { unsent: { eventIds, why: 'nothing to send: the template is empty' } };
}

/** The first failure fails all: half in the operator's words and half in ours would look like neither. */
function wordsFor(
  events: readonly RunEvent[],
  templateOf: (type: string) => EventTemplate | null,
  { listed, isJson }: TemplateOptions,
): Worded {
  const ending = events.findLast(({ summary }) => summary !== undefined);
  const texts = new Map<string, Text | null>();
  const blank = new Set<string>();
  let rendered = 0;
  for (const event of events) {
    const template = templateOf(event.type);
    if (template === null) continue;
    // What is only counted needs no words; the ending is always told.
    if (event !== ending && rendered >= listed) {
      texts.set(event.id, null);
      continue;
    }
    const result = template.render(event);
    if (result.kind === 'failed') return { ...result, event };
    if (result.kind === 'blank') {
      blank.add(event.id);
      continue;
    }
    if (isJson && !isJsonText(plainText(result.text))) {
      return { kind: 'failed', event, reason: 'the text is not JSON' };
    }
    texts.set(event.id, result.text);
    if (event !== ending) rendered++;
  }
  return { kind: 'worded', events: events.filter(({ id }) => !blank.has(id)), texts };
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
