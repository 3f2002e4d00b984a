// cspell:ignore mybank
import { describe, expect, it } from 'vitest';
import { draftSinkEvent } from '../../../src/diff/event.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import { blockOf, type Detail } from '../../../src/sinks/kit/document.ts';
import type { Texts } from '../../../src/sinks/kit/texts.ts';
import { composeMessage, type Message, type Part } from '../../../src/sinks/kit/message.ts';
import { plainText } from '../../../src/sinks/kit/spans.ts';
import { noticeText } from '../../../src/events/catalogue.ts';
import {
  candidateEvent,
  describedCandidate,
  endingEvent,
  keyEvent,
  noticeEvent,
  quickRun,
} from '../../builders/event-builders.ts';

function sinkEvent(kind: 'failing' | 'stopped'): RunEvent {
  const data = { reason: 'HTTP 410' };
  const { stream: _, candidateId: __, ...fields } = draftSinkEvent(`findall.sink.${kind}`, 'crm', 1, data);
  return { ...fields, sequence: 1, timestamp: '2026-02-01T08:00:00.000Z' };
}

function messageOf(
  events: readonly [RunEvent, ...RunEvent[]],
  {
    texts,
    detail = 'own',
    runLink = null,
  }: { texts?: Texts; detail?: Detail | null; runLink?: string | null } = {},
): Message {
  const [first, ...rest] = events.map((event) => ({ event, block: blockOf(event, texts), detail }));
  return composeMessage([first!, ...rest], runLink);
}

/** What stands beneath the headline, a text a part. */
function textsOf({ parts }: Message): string[] {
  return parts.map((part) => linesOf(part).join('\n'));
}

function linesOf(part: Part): string[] {
  if (part.kind === 'note') return [plainText(part.spans)];
  return part.kind === 'list'
    ? part.items.map(({ spans }) => plainText(spans))
    : part.lines.map(({ spans }) => plainText(spans));
}

describe('a message', () => {
  it('of one update names whom it is about', () => {
    const { headline } = messageOf([candidateEvent('retracted')]);
    expect(headline).toBe('Lighthouse c1: no longer a match (lights)');
  });

  it.each<[string, [RunEvent, ...RunEvent[]], string, string]>([
    [
      'an ending that was taken back',
      [endingEvent('completed'), noticeEvent('reactivated')],
      'active again (episode 1) (lights)',
      'news',
    ],
    [
      'a failure that was taken back, with a match after it',
      [endingEvent('failed'), noticeEvent('reactivated'), candidateEvent('matched')],
      'Lighthouse c1 matches, active again (episode 1) (lights)',
      'news',
    ],
    [
      'a match that was taken back',
      [candidateEvent('matched'), candidateEvent('retracted')],
      'Lighthouse c1: no longer a match (lights)',
      'warning',
    ],
    [
      'a match that came back',
      [candidateEvent('retracted'), candidateEvent('matched')],
      'Lighthouse c1 matches again (lights)',
      'news',
    ],
    [
      'a match with what it was enriched by',
      [candidateEvent('matched'), candidateEvent('enriched')],
      'Lighthouse c1 matches (lights)',
      'news',
    ],
    [
      'two matches of which one was taken back',
      [
        candidateEvent('matched'),
        candidateEvent('matched', describedCandidate('c2')),
        candidateEvent('retracted'),
      ],
      'Lighthouse c2 matches, Lighthouse c1: no longer a match (lights)',
      'warning',
    ],
  ])('of %s says what stands at the end', (_, events, headline, tone) => {
    expect(messageOf(events)).toMatchObject({ headline, tone });
  });

  it('says of an ending that was taken back only how it was', () => {
    const message = messageOf([endingEvent('completed'), noticeEvent('reactivated')]);
    expect(message.ends).toBe(false);
    expect(textsOf(message).slice(0, 2)).toEqual([
      'completed: the match limit was reached',
      'active again (episode 1)',
    ]);
    const twice = messageOf([endingEvent('cancelled', { termination_reason: null }), endingEvent()]);
    expect(textsOf(twice)[0]).toBe('cancelled');
    expect(textsOf(twice)[1]).toMatch(
      /^completed: the match limit was reached\n6 matches among 12 candidates/,
    );
  });

  it('of a failure that is over alarms nobody; of a failure that came back it does', () => {
    const [degraded, recovered] = [noticeEvent('degraded'), noticeEvent('recovered')];
    expect(messageOf([degraded, recovered]).tone).toBe('news');
    expect(messageOf([degraded, recovered, degraded]).tone).toBe('warning');
  });

  it('gives no reasons to match beneath a retraction', () => {
    const [retracted, matched] = textsOf(messageOf([candidateEvent('retracted'), candidateEvent('matched')]));
    expect(retracted).toBe('Lighthouse c1 (https://c1.example/) (no longer a match)');
    expect(matched).toContain('The chart of the coast says so about height.');
  });

  it('says how many matches the run has by now, where the message has not all of them', () => {
    const match = (id: string, total: number) => ({
      ...candidateEvent('matched', describedCandidate(id)),
      matched_count: total,
    });
    expect(messageOf([match('c1', 1)]).headline).toBe('Lighthouse c1 matches (lights)');
    expect(messageOf([match('c9', 9)]).headline).toBe('Lighthouse c9 matches, 9 so far (lights)');
    expect(messageOf([match('c8', 8), match('c9', 9)]).headline).toBe('2 new matches, 9 so far (lights)');
    expect(messageOf([match('c8', 8), match('c9', 9), endingEvent()]).headline).toBe(
      '2 new matches, completed: the match limit was reached (lights)',
    );
  });

  it.each([
    ['match_limit_met', 'the match limit was reached'],
    ['candidates_exhausted', 'no further candidates were found'],
    ['low_match_rate', 'too few candidates matched'],
    ['user_cancelled', 'a user cancelled it'],
    ['error_occurred', 'an error inside the service'],
    ['timeout', 'it ran out of time'],
    ['insufficient_funds', 'the account ran out of credit'],
    ['solar_flare', 'solar_flare'],
  ])('of an ending says %s in words', (reason, words) => {
    const { headline } = messageOf([endingEvent('failed', { termination_reason: reason })]);
    expect(headline).toBe(`failed: ${words} (lights)`);
  });

  it('leads to the run: by a link where one is configured, else by a command', () => {
    expect(textsOf(messageOf([candidateEvent()])).at(-1)).toBe('findall-watch show findall_a');
    const runLink = 'https://crm.example/runs/{findall_id}?tab=1';
    expect(messageOf([candidateEvent()], { runLink }).parts.at(-1)).toEqual({
      kind: 'note',
      spans: [{ kind: 'link', text: 'Open the run', url: 'https://crm.example/runs/findall_a?tab=1' }],
    });
    expect(textsOf(messageOf([keyEvent('blocked')], { runLink })).at(-1)).toBe('findall-watch events');
  });

  it('says a notice again beneath a headline that a service may cut', () => {
    const short = messageOf([noticeEvent('degraded', 'HTTP 503')]);
    expect(textsOf(short)).toEqual(['', 'findall-watch show findall_a']);
    const long = messageOf([noticeEvent('degraded', `HTTP 503: ${'word '.repeat(30)}end`)]);
    expect(textsOf(long)[0]).toContain('word end');
  });

  it('counts what it does not show', () => {
    const { parts, shownIds, eventIds } = messageOf([candidateEvent(), endingEvent()], { detail: null });
    expect(parts).toHaveLength(1);
    expect([shownIds.length, eventIds.length]).toEqual([0, 2]);
    expect(textsOf(messageOf([candidateEvent(), endingEvent()], { detail: null }))).toEqual([
      '+ 2 more: findall-watch show findall_a',
    ]);
  });

  it('has a headline of ours and the way to the run unless all of it is the operator’s', () => {
    const [first, second, ending] = quickRun();
    const own = (text: string) => [{ kind: 'markup' as const, text }];
    const texts = new Map([
      [first.id, own('1')],
      [second!.id, own('2')],
    ]);
    expect(messageOf(quickRun(), { texts }).hasHeadline).toBe(true);
    texts.set(ending!.id, own('3'));
    const message = messageOf(quickRun(), { texts });
    expect(message.hasHeadline).toBe(false);
    expect(textsOf(message)).toEqual(['1', '2', '3']);
  });
});

describe('the name of a candidate', () => {
  const titleOf = (name: string, url: string) => {
    const [line] = blockOf(candidateEvent('matched', describedCandidate('c1', { name, url }))).lines('full');
    return line!.spans;
  };

  it('is its link, with the host beside it', () => {
    expect(titleOf('Northwind Labs', 'https://www.northwind.example/about')).toEqual([
      {
        ...{ kind: 'link', text: 'Northwind Labs', url: 'https://www.northwind.example/about' },
        ...{ host: 'northwind.example', look: 'strong' },
      },
    ]);
  });

  it.each(['https://www.mybank.example/login', 'mybank.example', 'www.mybank.example/login'])(
    'does not look like the target of a link to elsewhere: %s',
    (name) => {
      const spans = titleOf(name, 'https://evil.example/');
      expect(spans[0]).toMatchObject({ kind: 'text' });
      expect(spans[0]?.text).not.toContain('https:');
      expect(spans.at(-1)).toEqual({ kind: 'link', text: 'evil.example', url: 'https://evil.example/' });
    },
  );

  it.each([
    ...['hthttps://tps://www.mybank.example/login', '» mybank.example/login', 'ftp://mybank.example/login'],
    ...['//mybank.example/login', '(mybank.example)', 'mybank.example, login', 'my_bank.example/login'],
    ...['user@mybank.example', 'mybank。example/login', `${'long-'.repeat(15)}mybank.example`],
  ])('is no link where it may be an address of elsewhere: %s', (name) => {
    const [first] = titleOf(name, 'https://evil.example/');
    expect(first?.kind).toBe('text');
    expect(first?.text).not.toContain('://');
  });

  it.each(['Northwind Labs Inc.', 'Ratio 3:4', 'Version 2.0', 'St. Mary & Sons', 'shop.northwind.example'])(
    'that is no address of elsewhere is its link: %s',
    (name) => {
      expect(titleOf(name, 'https://shop.northwind.example/')[0]).toMatchObject({ kind: 'link', text: name });
    },
  );

  it('does not look like the target of a source that leads elsewhere', () => {
    const basis = [
      {
        field: 'height',
        reasoning: 'x',
        citations: [{ url: 'https://evil.example/x', title: 'https://www.mybank.example/login' }],
      },
    ];
    const block = blockOf(candidateEvent('matched', describedCandidate('c1', { basis })));
    const sources = block.lines('full').find(({ role }) => role === 'sources');
    expect(sources?.spans).toEqual([{ kind: 'link', text: 'evil.example', url: 'https://evil.example/x' }]);
  });

  it('is its link where it is an address of that host', () => {
    expect(titleOf('www.northwind.example', 'https://northwind.example/')).toHaveLength(1);
  });

  it('stands without a link where the address is too long to be one, and says the host', () => {
    const spans = titleOf('Northwind Labs', `https://long.example/${'p'.repeat(600)}`);
    expect(plainText(spans)).toBe('Northwind Labs  long.example');
  });
});

it('a notice about a sink says what to do next', () => {
  expect(noticeText(sinkEvent('failing'))).toContain('findall-watch outbox --sink crm');
  expect(noticeText(sinkEvent('stopped'))).toContain('fix it, then: findall-watch redeliver --sink crm');
});
