import { describe, expect, it } from 'vitest';
import { type DeliveryOutcome, MOST_GROUPED } from '../../../src/deliver/sink.ts';
import { type TemplateOptions, withTemplates } from '../../../src/sinks/kit/render-with-template.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import type { Texts, TextSink } from '../../../src/sinks/kit/texts.ts';
import { plainText } from '../../../src/sinks/kit/spans.ts';
import { candidateEvent, describedCandidate, quickRun } from '../../builders/event-builders.ts';

const DELIVERED: DeliveryOutcome = { kind: 'delivered' };
const REJECTED: DeliveryOutcome = { kind: 'rejected', reason: "can't parse entities" };

interface Sent {
  events: readonly RunEvent[];
  texts: Texts | undefined;
}

/** A sink that keeps what it is sent and answers in turn; its words, and what was said about them. */
function worded(
  sources: TemplateOptions['sources'],
  { outcomes = [], ...more }: Partial<TemplateOptions> & { outcomes?: DeliveryOutcome[] } = {},
) {
  const sent: Sent[] = [];
  const failures: string[] = [];
  const sink: TextSink = {
    ...{ name: 'team', maxBatch: MOST_GROUPED, concurrency: 3 },
    async deliver(events, { texts }) {
      sent.push({ events, texts });
      return outcomes.shift() ?? DELIVERED;
    },
    async close() {},
  };
  const options: TemplateOptions = {
    ...{ sources, isJson: false, sendsAgain: true },
    onFailed: ({ event, reason }) => void failures.push(`${event.type}: ${reason}`),
    ...more,
  };
  const templated = withTemplates(sink, options);
  const deliver = (events: readonly RunEvent[]) =>
    templated.deliver(events, { attempt: 1, signal: new AbortController().signal });
  return { sink: templated, sent, failures, deliver };
}

function textsOf({ events, texts }: Sent): (string | null | undefined)[] {
  return events.map(({ id }) => {
    const text = texts?.get(id);
    return text ? plainText(text) : text;
  });
}

describe('a sink with words of the operator’s', () => {
  it('is the same sink', () => {
    expect(worded({}).sink).toMatchObject({ name: 'team', maxBatch: MOST_GROUPED, concurrency: 3 });
  });

  it('gets a text for each event that there is a template for', async () => {
    const { deliver, sent } = worded({ 'findall.candidate.*': '{{ event.data.name }}!' });
    expect(await deliver(quickRun())).toEqual(DELIVERED);
    expect(sent.map(textsOf)).toEqual([['Lighthouse c1!', 'Lighthouse c2!', undefined]]);
  });

  it('gets nothing of events about which the operator says nothing', async () => {
    const { deliver, sent } = worded({ 'findall.candidate.*': '', 'findall.run.*': 'over' });
    const why = 'nothing to send: the template is empty';
    const [one, other] = quickRun().map(({ id }) => id);
    const unsent = { eventIds: [one, other], why };
    expect(await deliver(quickRun())).toEqual({ ...DELIVERED, unsent });
    expect(sent.map(textsOf)).toEqual([['over']]);
    expect(await deliver(quickRun().slice(0, 2))).toEqual({ ...DELIVERED, unsent });
    expect(sent).toHaveLength(1);
  });
});

describe('an outcome about some of the events', () => {
  const [one, other, ending] = quickRun();

  it('covers those before the next that is sent, with those about which the operator says nothing', async () => {
    const covered: DeliveryOutcome = { ...DELIVERED, count: 1 };
    const { deliver } = worded({ 'findall.run.*': 'x', 'findall.candidate.*': '{{ event.data.nothing }}' });
    expect(await deliver([one, other!, ending!])).toEqual({
      kind: 'delivered',
      unsent: { eventIds: [one.id, other!.id], why: expect.any(String) },
    });
    const blankBetween = '{% if event.sequence != 2 %}x{% endif %}';
    const { deliver: deliverOne } = worded({ 'findall.*': blankBetween }, { outcomes: [covered] });
    expect(await deliverOne([one, other!, ending!])).toMatchObject({
      count: 2,
      unsent: { eventIds: [other!.id] },
    });
  });

  it('that rejects them has those sent in the built-in words, and no others', async () => {
    const { deliver, sent } = worded({ 'findall.*': 'x' }, { outcomes: [{ ...REJECTED, count: 2 }] });
    expect(await deliver([one, other!, ending!])).toMatchObject({ kind: 'delivered', count: 2 });
    expect(sent[1]?.events).toEqual([one, other]);
  });
});

describe('the built-in message goes out', () => {
  it('for an event of which the template fails, and the log hears why', async () => {
    const { deliver, sent, failures } = worded({
      'findall.candidate.*': '{{ event.data.name }}',
      'findall.run.*': '{% for i in (1..100000000) %}x{% endfor %}',
    });
    expect(await deliver(quickRun())).toEqual(DELIVERED);
    expect(sent.map(textsOf)).toEqual([['Lighthouse c1', 'Lighthouse c2', undefined]]);
    expect(failures).toEqual(['findall.run.completed: memory alloc limit exceeded, line 1, col 1']);
  });

  it('for the rest of a message once five templates have failed', async () => {
    const events = Array.from({ length: 9 }, (_, n) =>
      candidateEvent('matched', describedCandidate(`c${n}`), { sequence: n + 1 }),
    );
    const source = '{% if event.sequence > 1 %}{% for i in (1..100000000) %}x{% endfor %}{% endif %}x';
    const { deliver, sent, failures } = worded({ 'findall.*': source });
    await deliver(events);
    expect(textsOf(sent[0]!).slice(1)).toEqual(Array.from({ length: 8 }, () => undefined));
    expect(failures).toHaveLength(5);
  });

  it('in the same way for a message that is sent again without the events behind it', async () => {
    const source = '{% if event.sequence == 3 %}{% for i in (1..100000000) %}x{% endfor %}{% endif %}x';
    const covered: DeliveryOutcome = { kind: 'retry', reason: 'HTTP 503', count: 2 };
    const { deliver, sent } = worded({ 'findall.*': source }, { outcomes: [covered] });
    const events = quickRun();
    await deliver(events);
    await deliver(events.slice(0, 2));
    expect(textsOf(sent[1]!)).toEqual(textsOf(sent[0]!).slice(0, 2));
  });

  it('when a text that should be JSON is none', async () => {
    const { deliver, sent, failures } = worded(
      { 'findall.*': '{"n": "{{ event.data.name }}"}' },
      { isJson: true },
    );
    await deliver([candidateEvent('matched', describedCandidate('c1', { name: 'a "quote"' }))]);
    expect(sent[0]?.texts).toBeUndefined();
    expect(failures).toEqual(['findall.candidate.matched: the text is not JSON']);
  });

  it('once, in the same attempt, when the service rejects the operator’s words', async () => {
    const { deliver, sent, failures } = worded({ 'findall.*': 'x' }, { outcomes: [REJECTED] });
    expect(await deliver(quickRun())).toEqual(DELIVERED);
    expect(sent.map(({ texts }) => texts?.size)).toEqual([3, undefined]);
    expect(failures).toEqual(["findall.candidate.matched: can't parse entities"]);
  });

  it('and if that is rejected too, so it stays', async () => {
    const { deliver, sent } = worded({ 'findall.*': 'x' }, { outcomes: [REJECTED, REJECTED] });
    expect(await deliver(quickRun())).toEqual(REJECTED);
    expect(sent).toHaveLength(2);
  });

  it.each<[string, DeliveryOutcome, object]>([
    ['a pause is asked for', { kind: 'retry', reason: 'HTTP 429' }, {}],
    ['the sink is stopped', { kind: 'stopped', reason: 'HTTP 410' }, {}],
    ['a rejection has nothing to do with the form', REJECTED, { sendsAgain: false }],
  ])('not when %s', async (_, outcome, more) => {
    const { deliver, sent, failures } = worded({ 'findall.*': 'x' }, { outcomes: [outcome], ...more });
    expect(await deliver(quickRun())).toEqual(outcome);
    expect([sent.length, failures]).toEqual([1, []]);
  });

  it('and not twice when it was built in to begin with', async () => {
    const { deliver, sent } = worded({ 'findall.key.*': 'x' }, { outcomes: [REJECTED] });
    expect(await deliver(quickRun())).toEqual(REJECTED);
    expect(sent).toHaveLength(1);
  });
});
