import { describe, expect, it } from 'vitest';
import { type DeliveryOutcome, MOST_GROUPED, type Sink } from '../../src/deliver/sink.ts';
import { type TemplateOptions, withTemplates } from '../../src/deliver/tell-by-template.ts';
import type { RunEvent } from '../../src/model.ts';
import { composeMessage, isOwnWords } from '../../src/present/message.ts';
import { plainText, type Texts } from '../../src/present/template-text.ts';
import {
  candidateEvent,
  describedCandidate,
  endingEvent,
  keyEvent,
  noticeEvent,
  quickRun,
} from './sample-events.ts';

const DELIVERED: DeliveryOutcome = { kind: 'delivered' };
const REJECTED: DeliveryOutcome = { kind: 'rejected', reason: "can't parse entities" };

interface Told {
  events: readonly RunEvent[];
  texts: Texts | undefined;
}

/** A sink that keeps what it is told and answers in turn; its words, and what was said about them. */
function worded(
  sources: TemplateOptions['sources'],
  { outcomes = [], ...more }: Partial<TemplateOptions> & { outcomes?: DeliveryOutcome[] } = {},
) {
  const told: Told[] = [];
  const failures: string[] = [];
  const sink: Sink = {
    ...{ name: 'team', maxBatch: MOST_GROUPED, concurrency: 3 },
    async deliver(events, { texts }) {
      told.push({ events, texts });
      return outcomes.shift() ?? DELIVERED;
    },
    async close() {},
  };
  const options: TemplateOptions = {
    ...{ sources, listed: 20, isJson: false, retells: true },
    onFailed: ({ event, reason }) => void failures.push(`${event.type}: ${reason}`),
    ...more,
  };
  const templated = withTemplates(sink, options);
  const deliver = (events: readonly RunEvent[]) =>
    templated.deliver(events, { attempt: 1, signal: new AbortController().signal });
  return { sink: templated, told, failures, deliver };
}

/** `count` matches of one run. */
function matches(count: number): [RunEvent, ...RunEvent[]] {
  const [first, ...rest] = Array.from({ length: count }, (_, n) =>
    candidateEvent('matched', describedCandidate(`c${n}`), { sequence: n + 1 }),
  );
  return [first!, ...rest];
}

function textsOf({ events, texts }: Told): (string | null | undefined)[] {
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
    const { deliver, told } = worded({ 'findall.candidate.*': '{{ event.data.name }}!' });
    expect(await deliver(quickRun())).toEqual(DELIVERED);
    expect(told.map(textsOf)).toEqual([['Lighthouse c1!', 'Lighthouse c2!', undefined]]);
  });

  it('renders no more than a message lists, and the ending', async () => {
    const { deliver, told } = worded({ 'findall.*': '{{ event.data.name }}end' }, { listed: 2 });
    await deliver([...matches(1000), endingEvent()]);
    expect(textsOf(told[0]!)).toEqual([
      ...['Lighthouse c0end', 'Lighthouse c1end'],
      ...Array.from({ length: 998 }, () => null),
      'end',
    ]);
  });

  it('gets nothing of events about which the operator says nothing', async () => {
    const { deliver, told } = worded({ 'findall.candidate.*': '', 'findall.run.*': 'over' });
    const why = 'nothing to send: the template is empty';
    const [one, other] = quickRun().map(({ id }) => id);
    const unsent = { eventIds: [one, other], why };
    expect(await deliver(quickRun())).toEqual({ ...DELIVERED, unsent });
    expect(told.map(textsOf)).toEqual([['over']]);
    expect(await deliver(quickRun().slice(0, 2))).toEqual({ ...DELIVERED, unsent });
    expect(told).toHaveLength(1);
  });
});

describe('the built-in message goes out', () => {
  it('when one template fails, for all of the group, and the log hears why', async () => {
    const { deliver, told, failures } = worded({
      'findall.candidate.*': '{{ event.data.name }}',
      'findall.run.*': '{% for i in (1..100000000) %}x{% endfor %}',
    });
    expect(await deliver(quickRun())).toEqual(DELIVERED);
    expect(told).toEqual([{ events: quickRun(), texts: undefined }]);
    expect(failures).toEqual(['findall.run.completed: memory alloc limit exceeded, line 1, col 1']);
  });

  it('when a text that should be JSON is none', async () => {
    const { deliver, told, failures } = worded(
      { 'findall.*': '{"n": "{{ event.data.name }}"}' },
      { isJson: true },
    );
    await deliver([candidateEvent('matched', describedCandidate('c1', { name: 'a "quote"' }))]);
    expect(told[0]?.texts).toBeUndefined();
    expect(failures).toEqual(['findall.candidate.matched: the text is not JSON']);
  });

  it('once, in the same attempt, when the service rejects the operator’s words', async () => {
    const { deliver, told, failures } = worded({ 'findall.*': 'x' }, { outcomes: [REJECTED] });
    expect(await deliver(quickRun())).toEqual(DELIVERED);
    expect(told.map(({ texts }) => texts?.size)).toEqual([3, undefined]);
    expect(failures).toEqual(["findall.candidate.matched: can't parse entities"]);
  });

  it('and if that is rejected too, so it stays', async () => {
    const { deliver, told } = worded({ 'findall.*': 'x' }, { outcomes: [REJECTED, REJECTED] });
    expect(await deliver(quickRun())).toEqual(REJECTED);
    expect(told).toHaveLength(2);
  });

  it.each<[string, DeliveryOutcome, object]>([
    ['a pause is asked for', { kind: 'retry', reason: 'HTTP 429' }, {}],
    ['the sink is stopped', { kind: 'stopped', reason: 'HTTP 410' }, {}],
    ['a rejection has nothing to do with the form', REJECTED, { retells: false }],
  ])('not when %s', async (_, outcome, more) => {
    const { deliver, told, failures } = worded({ 'findall.*': 'x' }, { outcomes: [outcome], ...more });
    expect(await deliver(quickRun())).toEqual(outcome);
    expect([told.length, failures]).toEqual([1, []]);
  });

  it('and not twice when it was built in to begin with', async () => {
    const { deliver, told } = worded({ 'findall.key.*': 'x' }, { outcomes: [REJECTED] });
    expect(await deliver(quickRun())).toEqual(REJECTED);
    expect(told).toHaveLength(1);
  });
});

describe('a message', () => {
  const own = (words: string) => [{ kind: 'own' as const, text: words }];

  it('of a thousand events lists a few, counts the rest, and its headline speaks of all', () => {
    const events = matches(1000);
    const { headline, items, more, eventIds } = composeMessage(events, 20);
    expect(headline).toBe('1000 new matches (lights)');
    expect(items).toHaveLength(20);
    expect(more).toEqual({ count: 980, how: 'findall-watch show findall_a' });
    expect(eventIds).toHaveLength(1000);
  });

  it('reads nothing of what it does not list but whom it is about', () => {
    const unread = (event: RunEvent): RunEvent => ({
      ...event,
      data: new Proxy(event.data, {
        get(data, field) {
          if (field !== 'candidate_id') throw new Error(`read ${String(field)}`);
          return data[field];
        },
      }),
    });
    const [one, two, ...rest] = matches(1000);
    expect(composeMessage([one, two!, ...rest.map(unread)], 2).more).toMatchObject({ count: 998 });
  });

  it('of many notices lists the latest, which say how things stand', () => {
    const notices = Array.from({ length: 300 }, (_, n) =>
      noticeEvent(n % 2 === 0 ? 'degraded' : 'recovered', 'HTTP 503', { occurrence: n + 1 }),
    );
    const {
      notices: told,
      noticeIds,
      more,
      headline,
    } = composeMessage([notices[0]!, ...notices.slice(1)], 20);
    expect(told).toHaveLength(20);
    expect(noticeIds.at(-1)).toBe(notices.at(-1)?.id);
    expect(told.at(-1)).toBe('watching works again');
    expect(headline).toBe('watching works again (lights)');
    expect(more?.count).toBe(280);
  });

  it('tells an ending that another one followed as a notice', () => {
    const first = endingEvent('cancelled', { termination_reason: null });
    const { notices, ending } = composeMessage([first, endingEvent()], 20);
    expect(notices).toEqual(['cancelled']);
    expect(ending).toMatchObject({ title: 'completed: match_limit_met' });
  });

  it('has a headline of ours unless all of it is the operator’s', () => {
    const [first, second, ending] = quickRun();
    const texts = new Map([
      [first.id, own('1')],
      [second!.id, own('2')],
    ]);
    expect(isOwnWords(composeMessage(quickRun(), 20, texts))).toBe(false);
    texts.set(ending!.id, own('3'));
    const message = composeMessage(quickRun(), 20, texts);
    expect(isOwnWords(message)).toBe(true);
    expect(message.items.map((item) => item.kind === 'text' && plainText(item.text))).toEqual(['1', '2']);
    expect(message.ending).toMatchObject({ kind: 'text', text: own('3') });
    const notice = keyEvent('blocked');
    expect(isOwnWords(composeMessage([notice], 20, new Map([[notice.id, own('4')]])))).toBe(true);
  });
});
