import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type CardElement,
  type TeamsMessage,
  type TextRun,
  teamsDialect,
} from '../../../src/sinks/teams/teams-card.ts';
import { createTeamsSink, teamsOutcome } from '../../../src/sinks/teams/teams-sink.ts';
import { answered } from '../answers.ts';
import { firstOf, POSTED } from '../packed.ts';
import { type Batch, endingEvent, quickRun } from '../../builders/event-builders.ts';
import { describeHttpSink, type Readable, requestWith, type SentRequest } from '../sink-suite.ts';

/**
 * https://learn.microsoft.com/connectors/teams (known issues): "approximately 28 KB"; what was seen to pass is 21 KB:
 * https://www.rubydoc.info/gems/msteams_hermes/MsTeamsHermes/Message
 */
const LARGEST = 21_000;

/** What we use of http://adaptivecards.io/schemas/adaptive-card.json, version 1.4, with nothing beside it. */
const run = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string().min(1),
  weight: z.enum(['Default', 'Lighter', 'Bolder']).optional(),
  size: z.enum(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).optional(),
  color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
  isSubtle: z.boolean().optional(),
  selectAction: z.strictObject({ type: z.literal('Action.OpenUrl'), url: z.url() }).optional(),
});
const spacing = z.enum(['Default', 'None', 'Small', 'Medium', 'Large', 'ExtraLarge', 'Padding']).optional();
const block = z.strictObject({
  type: z.literal('RichTextBlock'),
  id: z.string().optional(),
  spacing,
  inlines: z.array(z.union([z.string().min(1), run])).min(1),
});
const container = z.strictObject({
  type: z.literal('Container'),
  id: z.string().optional(),
  style: z.enum(['default', 'emphasis', 'good', 'attention', 'warning', 'accent']).optional(),
  separator: z.boolean().optional(),
  spacing,
  items: z.array(block).min(1),
});
/** https://learn.microsoft.com/connectors/teams: "When a Teams webhook request is received" */
const MESSAGE = z.strictObject({
  type: z.literal('message'),
  summary: z.string().min(1),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
          type: z.literal('AdaptiveCard'),
          version: z.literal('1.4'),
          fallbackText: z.string(),
          msteams: z.strictObject({ width: z.literal('Full') }),
          body: z.array(z.union([container, block])).min(1),
        }),
      }),
    )
    .length(1),
});

function parsed({ text }: SentRequest): TeamsMessage {
  return JSON.parse(text) as TeamsMessage;
}

function bodyOf(message: TeamsMessage): CardElement[] {
  return message.attachments[0].content.body;
}

function readable(message: TeamsMessage): Readable {
  const blocks = bodyOf(message).flatMap((element) =>
    element.type === 'Container' ? element.items : [element],
  );
  const lines = blocks.map((element) => (element.type === 'RichTextBlock' ? element.inlines.map(runOf) : []));
  return {
    text: lines.map((runs) => runs.map(({ text }) => text).join('')).join('\n'),
    links: lines.flat().flatMap(({ selectAction }) => (selectAction ? [selectAction.url] : [])),
    // A text run has no markup but the functions of dates.
    live: lines.flat().flatMap(({ text }) => text.match(/\{\{/g) ?? []),
  };
}

/** Plain text may stand as a string. */
function runOf(inline: TextRun | string): TextRun {
  return typeof inline === 'string' ? { type: 'TextRun', text: inline } : inline;
}

function idsOf(message: TeamsMessage): string[] {
  const elements = bodyOf(message).flatMap((element) =>
    element.type === 'Container' ? [element, ...element.items] : [element],
  );
  return elements.flatMap(({ id }) => (id === undefined ? [] : [id]));
}

function expectWithinLimits(sent: SentRequest): void {
  expect(Buffer.byteLength(sent.text)).toBeLessThanOrEqual(LARGEST);
  expect(() => MESSAGE.parse(parsed(sent))).not.toThrow();
  const ids = idsOf(parsed(sent));
  expect(new Set(ids).size).toBe(ids.length);
}

/** What is posted about `events`. */
function messageFor(events: Batch): TeamsMessage {
  return firstOf(teamsDialect, events);
}

describeHttpSink('teams', {
  make: (url, { timeoutMs }) => createTeamsSink({ ...POSTED, url, timeoutMs }),
  messages: { dialect: teamsDialect, sent: requestWith },
  readable: (sent) => readable(parsed(sent)),
  withinLimits: expectWithinLimits,
  ids: (sent) => idsOf(parsed(sent)),
});

describe('the card for Teams', () => {
  it('has a container an event with its id, the ending last', () => {
    const events = quickRun();
    const message = messageFor(events);
    expect(message.summary).toBe('2 new matches, completed: the match limit was reached (lights)');
    expect(idsOf(message)).toEqual(events.map(({ id }) => id));
    const { text, links } = readable(message);
    expect(text).toContain('✓ automated: since 1988 (high confidence)');
    expect(text).toContain('✗ open: closed (high confidence)');
    expect(text).toContain('The chart of the coast says so about automated_check.');
    expect(text.split('\n').slice(-4)).toEqual([
      '■ completed: the match limit was reached',
      '2 matches among 12 candidates in 18 s',
      'It found as many matches as it was asked for; extend it to find more, up to 1,000 in all.',
      'findall-watch show findall_a',
    ]);
    expect(links).toContain('https://chart.example/automated_check');
  });

  it('of an ending that is not in order stands out', () => {
    const styles = bodyOf(messageFor([endingEvent('failed')])).map((element) =>
      element.type === 'Container' ? element.style : undefined,
    );
    expect(styles).toEqual(['attention', 'attention', undefined]);
  });
});

describe('what Teams answers', () => {
  it.each([
    [202, '', { kind: 'delivered', answer: 'HTTP 202' }],
    [200, '1', { kind: 'delivered', answer: 'HTTP 200: 1' }],
    [
      200,
      'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x',
      { kind: 'retry', reason: 'Teams did not deliver it: HTTP 429' },
    ],
    [
      200,
      'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId x',
      { kind: 'rejected', reason: 'Teams did not deliver it: HTTP 413' },
    ],
    [
      200,
      'Webhook message delivery failed with error: returned HTTP error 200',
      { kind: 'retry', reason: 'Teams did not deliver it: HTTP 200' },
    ],
    [
      400,
      '{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"x"}}',
      {
        kind: 'stopped',
        reason: 'Teams says the workflow is switched off: switch it on (WorkflowTriggerIsNotEnabled)',
      },
    ],
    [
      404,
      '{"error":{"code":"WorkflowNotFound"}}',
      { kind: 'stopped', reason: 'Teams says the workflow was deleted: make another (WorkflowNotFound)' },
    ],
    [
      401,
      '{"error":{"code":"DirectApiAuthorizationRequired"}}',
      {
        kind: 'stopped',
        reason:
          'Teams does not accept this webhook URL: copy it again, whole (DirectApiAuthorizationRequired)',
      },
    ],
    [400, '{"error":{"code":"constructor"}}', { kind: 'rejected', reason: 'HTTP 400' }],
    [404, '{"error":null}', { kind: 'retry', reason: 'HTTP 404' }],
  ])('%i %s', (status, body, outcome) => {
    expect(teamsOutcome(answered(status, body))).toEqual(outcome);
  });

  it('a limit behind a 200 is kept like any other', () => {
    const text = 'Webhook message delivery failed with error: returned HTTP error 429 with ContextId x';
    expect(teamsOutcome(answered(200, text, { retryAfterMs: 9000 }))).toEqual({
      kind: 'retry',
      reason: 'Teams did not deliver it: HTTP 429',
      retryAfterMs: 9000,
      pauseMs: 9000,
    });
  });
});
