/**
 * The operator's own words for events, before any sink: rendered here, and where that fails, the built-in message is sent. A template
 * never keeps an event from being delivered.
 */
import type { RunEvent } from '../../run-event.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import type { Texts, TextSink } from './texts.ts';
import { plainText, type Spans } from './spans.ts';
import { createTemplates, type Rendered, type TemplateSources } from './template.ts';

export interface TemplateOptions {
  sources: TemplateSources;
  /** The texts are bodies of JSON: what does not parse has failed. */
  isJson: boolean;
  /**
   * Whether a message in the operator's words that was rejected is sent again in ours. Not where a rejection has nothing to
   * do with its form.
   */
  sendsAgain: boolean;
  /** How many events a message shows, where it counts the others; absent: all. */
  most?: number;
  /** Called with the reason why the built-in message is sent. */
  onFailed(failure: { event: RunEvent; reason: string }): void;
}

/** The sink with the operator's words. An attempt may take twice as long as one of the sink alone. */
export function withTemplates(sink: TextSink, options: TemplateOptions): Sink {
  const templateOf = createTemplates(options.sources);
  // What was left over by the message before: it is the beginning of the next one.
  let rendered: ReadonlyMap<string, Rendered> = new Map();
  const render = (event: RunEvent) => rendered.get(event.id) ?? templateOf(event.type)?.render(event);
  return {
    name: sink.name,
    maxBatch: sink.maxBatch,
    concurrency: sink.concurrency,
    async deliver(events, context) {
      context.signal.throwIfAborted();
      const { sent, texts, failures } = wordsFor(events, render, options);
      const [first] = sent;
      if (!first) return withUnsent({ kind: 'delivered' }, events, sent);
      const outcome = await sink.deliver(sent, texts.size === 0 ? context : { ...context, texts });
      const covered = sent.slice(0, outcome.count);
      rendered = new Map(sent.slice(covered.length).flatMap(({ id }) => textOf(texts, id)));
      for (const failure of failures) if (covered.includes(failure.event)) options.onFailed(failure);
      const isRefused = outcome.kind === 'rejected' && covered.some(({ id }) => texts.has(id));
      if (!isRefused || !options.sendsAgain) return withUnsent(outcome, events, sent);
      options.onFailed({ event: first, reason: outcome.reason });
      const inOurs = await sink.deliver(covered, context);
      return withUnsent({ count: covered.length, ...inOurs }, events, sent);
    },
    ...(sink.probe && { probe: sink.probe }),
    close: () => sink.close(),
  };
}

/**
 * The outcome of `sent` as one of `events`: it covers also those between them for which there was nothing to send, because their
 * template is empty.
 */
function withUnsent(
  outcome: DeliveryOutcome,
  events: readonly RunEvent[],
  sent: readonly RunEvent[],
): DeliveryOutcome {
  const next = sent[outcome.count ?? sent.length];
  const count = next === undefined ? events.length : events.indexOf(next);
  const ids = new Set(sent.map(({ id }) => id));
  const eventIds = events
    .slice(0, count)
    .map(({ id }) => id)
    .filter((id) => !ids.has(id));
  const { count: _, ...rest } = outcome;
  const covering = next === undefined ? rest : { ...rest, count };
  if (covering.kind !== 'delivered' || eventIds.length === 0) return covering;
  return { ...covering, unsent: { eventIds, why: 'nothing to send: the template is empty' } };
}

/** A template that fails may take a second each time: so many failures are seen in one message, and no further text is made. */
const MOST_FAILURES = 5;

interface Worded {
  /** Without the events about which the operator says nothing. */
  sent: RunEvent[];
  texts: Texts;
  failures: { event: RunEvent; reason: string }[];
}

/**
 * The texts of events. What fails has none, and is said in the built-in words. The texts of the first of them do not depend on how many follow, so
 * that a message that is sent again is the same.
 */
function wordsFor(
  events: readonly RunEvent[],
  render: (event: RunEvent) => Rendered | undefined,
  { isJson, most = Infinity }: TemplateOptions,
): Worded {
  const texts = new Map<string, Spans>();
  const blank = new Set<string>();
  const failures: Worded['failures'] = [];
  for (const event of events) {
    if (failures.length === MOST_FAILURES) break;
    // What is only counted needs no words; an ending is always said.
    if (texts.size >= most && event.summary === undefined) continue;
    const result = render(event);
    if (result === undefined) continue;
    if (result.kind === 'failed') failures.push({ event, reason: result.reason });
    else if (result.kind === 'blank') blank.add(event.id);
    else if (isJson && !isJsonText(plainText(result.text)))
      failures.push({ event, reason: 'the text is not JSON' });
    else texts.set(event.id, result.text);
  }
  return { sent: events.filter(({ id }) => !blank.has(id)), texts, failures };
}

function textOf(texts: Texts, id: string): [string, Rendered][] {
  const text = texts.get(id);
  return text === undefined ? [] : [[id, { kind: 'text', text }]];
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
