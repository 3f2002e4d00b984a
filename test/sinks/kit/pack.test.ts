/** The laws of packing, for every service: nothing is missing, nothing is said twice, the order and the limits are kept. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/run-event.ts';
import { discordDialect } from '../../../src/sinks/discord/discord-embeds.ts';
import { mailDialect } from '../../../src/sinks/email/email-body.ts';
import type { Dialect } from '../../../src/sinks/kit/dialect.ts';
import type { Texts } from '../../../src/sinks/kit/texts.ts';
import type { Packed, PackOptions } from '../../../src/sinks/kit/pack.ts';
import type { Span } from '../../../src/sinks/kit/spans.ts';
import { ntfyDialect } from '../../../src/sinks/ntfy/ntfy-payload.ts';
import { slackDialect } from '../../../src/sinks/slack/slack-blocks.ts';
import { teamsDialect } from '../../../src/sinks/teams/teams-card.ts';
import { telegramDialect } from '../../../src/sinks/telegram/telegram-text.ts';
import { packedOf } from '../packed.ts';
import { anyBatch, candidateEvent, describedCandidate, endingEvent } from '../../builders/event-builders.ts';
import { MOST_GROUPED } from '../../../src/deliver/sink.ts';

const DIALECTS: [string, Dialect<unknown>][] = [
  ['Slack', slackDialect],
  ['Discord', discordDialect],
  ['Teams', teamsDialect],
  ['Telegram', telegramDialect],
  ['mail', mailDialect],
  ['ntfy', ntfyDialect('topic')],
];

/** `count` matches with names that no other text contains, and the ending. */
function group(count: number): [RunEvent, ...RunEvent[]] {
  const [first, ...others] = Array.from({ length: count }, (_, n) => ({
    ...candidateEvent(
      'matched',
      describedCandidate(`c${n}`, { name: nameOf(n), url: `https://c${n}.example/` }),
      {
        sequence: n + 1,
      },
    ),
    matched_count: n + 1,
  }));
  return [first!, ...others, endingEvent('completed', { matched_count: count }, { sequence: count + 1 })];
}

function nameOf(n: number): string {
  return `Northwind ${String(n).padStart(4, '0')}`;
}

/** What stands beneath the headlines, in order. */
function saidIn(messages: readonly Packed<unknown>[]): string {
  const spansOf = ({ message }: Packed<unknown>): Span[] =>
    message.parts.flatMap((part) => {
      if (part.kind === 'note') return [...part.spans];
      return part.kind === 'list'
        ? part.items.flatMap(({ spans }) => [...spans])
        : part.lines.flatMap(({ spans }) => [...spans]);
    });
  return messages
    .flatMap(spansOf)
    .map((span) => `${span.text} ${span.kind === 'link' ? span.url : ''}`)
    .join('\n');
}

function anyOptions(count: number): fc.Arbitrary<Partial<PackOptions>> {
  return fc.record({
    max: fc.integer({ min: 1, max: 50 }),
    runLink: fc.constantFrom(null, 'https://crm.example/runs/{findall_id}'),
    sent: fc.constantFrom(0, count),
  });
}

describe.each(DIALECTS)('packing for %s', (_, dialect) => {
  it('covers each event once, in order, in messages that the service takes, with any events', () => {
    fc.assert(
      fc.property(anyBatch(MOST_GROUPED), fc.integer({ min: 1, max: 50 }), (events, max) => {
        const messages = packedOf(dialect, events, { max });
        expect(messages.flatMap(({ message }) => message.eventIds)).toEqual(events.map(({ id }) => id));
        for (const { rendered, message, count } of messages) {
          expect(dialect.fits(rendered)).toBe(true);
          expect(message.eventIds).toHaveLength(count);
          expect(message.shownIds).toEqual(message.eventIds);
        }
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  it('takes as many events as fit: no message has room for the next event', () => {
    fc.assert(
      fc.property(anyBatch(60), (events) => {
        const messages = packedOf(dialect, events);
        let at = 0;
        for (const { count } of messages) {
          at += count;
          if (at >= events.length || count >= dialect.mostPerMessage) continue;
          const [one] = packedOf(dialect, events.slice(at - count, at + 1), { sent: at - count });
          expect(one!.count).toBe(count);
        }
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it.each([1, 20, 71, 1000])('names and links each of %i matches once', (count) => {
    const messages = packedOf(dialect, group(count));
    const said = saidIn(messages);
    for (let n = 0; n < count; n++) {
      expect(said.split(nameOf(n)).length - 1).toBe(1);
      expect(said).toContain(`${nameOf(n)} https://c${n}.example/`);
    }
    const places = Array.from({ length: count }, (__, n) => said.indexOf(nameOf(n)));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(messages.at(-1)!.message.ends).toBe(true);
  });

  it('gives details of the first of a group, at every place where a message ends, and one line of each other', () => {
    const said = saidIn(packedOf(dialect, group(71), { max: 20 }));
    expect(said.split('The chart of the coast says so about height.').length - 1).toBe(20);
  });

  it('is the same for the same events, so that a message that is sent again is the same', () => {
    fc.assert(
      fc.property(anyBatch(60), anyOptions(7), (events, options) => {
        const [first] = packedOf(dialect, events, options);
        const [again] = packedOf(dialect, events.slice(0, first!.count), options);
        expect(again!.rendered).toEqual(first!.rendered);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('with overflow: count is one message, which counts what it does not show', () => {
    const events = group(1000);
    const [packed, ...others] = packedOf({ ...dialect, mostPerMessage: MOST_GROUPED + 1 }, events, {
      overflow: 'count',
    });
    expect(others).toEqual([]);
    expect(packed!.count).toBe(events.length);
    expect(dialect.fits(packed!.rendered)).toBe(true);
    const said = saidIn([packed!]);
    const named = said.split('Northwind ').length - 1;
    expect(named).toBe(20);
    expect(said).toContain('+ 980 more: ');
    expect(said).toContain('1000 matches among');
    expect(packed!.message.headline).toMatch(/^1000 new matches, completed/);
  });

  it('with overflow: count keeps the limits beside many endings that are over, and shows the last one', () => {
    const endings = Array.from({ length: 80 }, (__, n) =>
      endingEvent('completed', { advice: 'word '.repeat(80) }, { sequence: n + 1, occurrence: n + 1 }),
    );
    const [packed] = packedOf({ ...dialect, mostPerMessage: MOST_GROUPED }, endings, { overflow: 'count' });
    expect(packed!.count).toBe(80);
    expect(dialect.fits(packed!.rendered)).toBe(true);
    expect(packed!.message.shownIds.at(-1)).toBe(endings.at(-1)!.id);
  });

  it('with overflow: count keeps details beside an ending', () => {
    const events = group(10);
    const [packed] = packedOf({ ...dialect, mostPerMessage: MOST_GROUPED }, events, {
      overflow: 'count',
      max: 10,
    });
    expect(packed!.count).toBe(11);
    expect(saidIn([packed!])).toContain('✓');
  });

  it('says a text of the operator’s that fits no message in the built-in words, with reasons', () => {
    const [event] = group(1);
    const texts: Texts = new Map([[event.id, [{ kind: 'markup', text: '<i>x</i>'.repeat(20_000) }]]]);
    const [packed] = packedOf(dialect, [event], { texts });
    expect(packed!.tooLong).toBe(event);
    expect(saidIn([packed!])).toContain('The chart of the coast says so about height.');
  });

  it('with overflow: count keeps the limits, too, with any events', () => {
    fc.assert(
      fc.property(anyBatch(MOST_GROUPED), (events) => {
        const [packed] = packedOf({ ...dialect, mostPerMessage: MOST_GROUPED }, events, {
          overflow: 'count',
        });
        expect(packed!.count).toBe(events.length);
        expect(dialect.fits(packed!.rendered)).toBe(true);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('keeps the limits in the operator’s words, and says which event fits no message in them', () => {
    const anyMarkup = fc.array(
      fc.oneof(
        fc.record({
          kind: fc.constant('markup' as const),
          text: fc.constantFrom('<b>', '</b>', '\n', 'x'.repeat(900)),
        }),
        fc.record({ kind: fc.constant('text' as const), text: fc.string({ maxLength: 2000 }) }),
        fc.record({
          kind: fc.constant('link' as const),
          text: fc.string({ minLength: 1 }),
          url: fc.webUrl(),
        }),
      ),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.array(anyMarkup, { minLength: 1, maxLength: 12 }), (words) => {
        const events = group(12).slice(0, words.length) as [RunEvent, ...RunEvent[]];
        const texts: Texts = new Map(events.map(({ id }, index) => [id, words[index]!]));
        for (const { rendered, message, tooLong } of packedOf(dialect, events, { texts })) {
          expect(dialect.fits(rendered)).toBe(true);
          expect(message.hasHeadline).toBe(tooLong !== undefined);
        }
      }),
      { numRuns: 50 },
    );
  });
});
