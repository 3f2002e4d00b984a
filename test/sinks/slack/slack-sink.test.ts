import { describe, expect, it } from 'vitest';
import { type SlackBlock, slackDialect, type SlackMessage } from '../../../src/sinks/slack/slack-blocks.ts';
import { createSlackSink, slackOutcome } from '../../../src/sinks/slack/slack-sink.ts';
import { describeRefusals } from '../answers.ts';
import { firstOf, POSTED } from '../packed.ts';
import {
  type Batch,
  candidateEvent,
  describedCandidate,
  endingEvent,
  keyEvent,
  quickRun,
} from '../../builders/event-builders.ts';
import { describeHttpSink, type Readable, requestWith, type SentRequest } from '../sink-suite.ts';

/** Where each limit is written. */
const LIMITS = {
  /** https://docs.slack.dev/reference/block-kit/blocks: "up to 50 blocks in each message" */
  blocks: 50,
  /** https://docs.slack.dev/reference/block-kit/blocks/header-block */
  header: 150,
  /** https://docs.slack.dev/reference/block-kit/blocks/section-block, …/composition-objects/text-object */
  text: { min: 1, max: 3000 },
  /** https://docs.slack.dev/reference/block-kit/blocks/context-block */
  elements: 10,
  /** https://docs.slack.dev/reference/block-kit/blocks: unique within a message */
  blockId: 255,
  /** Undocumented, measured in https://github.com/slackapi/bolt-js/issues/2509 (msg_blocks_too_long) */
  all: 13_172,
  /** https://docs.slack.dev/changelog/2018-truncating-really-long-messages */
  fallback: 4000,
};

function parsed({ text }: SentRequest): SlackMessage {
  return JSON.parse(text) as SlackMessage;
}

function textsOf(block: SlackBlock): { type: string; text: string; verbatim?: boolean }[] {
  if (block.type === 'divider') return [];
  return block.type === 'context' ? block.elements : [block.text];
}

/** What Slack makes of mrkdwn: links, what it acts on, and entities. */
function shown(mrkdwn: string): Readable {
  const links: string[] = [];
  const live: string[] = [];
  const text = mrkdwn
    .replaceAll(/<([^<>]*)>/g, (whole, inner: string) => {
      const [, address, name] = /^(https?:[^|]*)\|(.+)$/s.exec(inner) ?? [];
      if (address === undefined || name === undefined) {
        live.push(whole);
        return '';
      }
      links.push(unescaped(address));
      return name;
    })
    .replaceAll(/^>/gm, '');
  if (/[<>]/.test(text)) live.push(text);
  const marked = text.replaceAll(/(^|[\s(])([*_])(?=\S)(.*?\S)\2(?=$|[\s):])/gm, '$1$3');
  for (const [mark] of marked.matchAll(/(?<![\p{L}\p{N}])[*_~](?=[^\s*_~]+[*_~])/gu)) live.push(mark);
  return { text: unescaped(marked), links, live };
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function readable(message: SlackMessage): Readable {
  const parts = message.blocks.flatMap((block) =>
    textsOf(block).map(({ type, text }) =>
      type === 'mrkdwn' ? shown(text) : { text, links: [], live: [] as string[] },
    ),
  );
  const fallback = shown(message.text);
  return {
    text: parts.map(({ text }) => text).join('\n'),
    links: parts.flatMap(({ links }) => links),
    live: [...parts.flatMap(({ live = [] }) => live), ...(fallback.live ?? []), ...fallback.links],
  };
}

function expectWithinLimits({ text, blocks }: SlackMessage): void {
  expect(blocks.length).toBeGreaterThan(0);
  expect(blocks.length).toBeLessThanOrEqual(LIMITS.blocks);
  expect(Buffer.byteLength(JSON.stringify(blocks))).toBeLessThanOrEqual(LIMITS.all);
  expect(text.length).toBeLessThanOrEqual(LIMITS.fallback);
  const ids = blocks.flatMap((block) => ('block_id' in block && block.block_id ? [block.block_id] : []));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id.length).toBeLessThanOrEqual(LIMITS.blockId);
  for (const block of blocks) {
    expect(textsOf(block).length).toBeLessThanOrEqual(LIMITS.elements);
    for (const object of textsOf(block)) {
      expect(object.text.length).toBeGreaterThanOrEqual(LIMITS.text.min);
      expect(object.text.length).toBeLessThanOrEqual(
        block.type === 'header' ? LIMITS.header : LIMITS.text.max,
      );
      expect(object.verbatim).toBe(object.type === 'mrkdwn' ? true : undefined);
    }
  }
}

/** What is posted about `events`. */
function messageFor(events: Batch): SlackMessage {
  return firstOf(slackDialect, events);
}

describeHttpSink('slack', {
  make: (url, { timeoutMs }) => createSlackSink({ ...POSTED, url, timeoutMs }),
  messages: { dialect: slackDialect, sent: requestWith },
  readable: (sent) => readable(parsed(sent)),
  withinLimits: (sent) => expectWithinLimits(parsed(sent)),
  ids: (sent) => parsed(sent).blocks.flatMap((block) => ('block_id' in block ? [block.block_id ?? ''] : [])),
});

describe('the message for Slack', () => {
  it('of a match has the name as a link, each condition with its verdict, reason, confidence and source', () => {
    const [event] = quickRun();
    const { text, blocks } = messageFor([event]);
    expect(text).toBe('Lighthouse c1 matches (lights)');
    expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'context']);
    const [, section] = blocks;
    expect(section).toMatchObject({ block_id: event.id });
    const lines = textsOf(section!)[0]?.text.split('\n');
    expect(lines?.slice(0, 5)).toEqual([
      expect.stringMatching(/^✔ \*<https:\/\/.+\|Lighthouse c1>\* {2}\S+$/),
      'A lighthouse on the west coast.',
      '✓ *automated*: since 1988 (high confidence)',
      '>The chart of the coast says so about automated_check.',
      '><https://chart.example/automated_check|Chart of the coast>',
    ]);
    expect(lines).toContain('✗ *open*: closed (high confidence)');
    expect(lines).toContain('• *height*: 31 m (high confidence)');
  });

  it('ends with counts and advice', () => {
    const { blocks } = messageFor(quickRun());
    expect(blocks.map(({ type }) => type)).toEqual([
      'header',
      'section',
      'divider',
      'section',
      'divider',
      'section',
      'context',
    ]);
    expect(textsOf(blocks.at(-2)!)[0]?.text.split('\n')).toEqual([
      '■ *completed: the match limit was reached*',
      '2 matches among 12 candidates in 18 s',
      'It found as many matches as it was asked for; extend it to find more, up to 1,000 in all.',
    ]);
  });

  it('makes no emoji of what stands between colons in a name', () => {
    const names = { ':smile: & :100: Ltd': '∶smile: &amp; ∶100: Ltd', 'Ratio 3:4': 'Ratio 3:4', ':': ':' };
    for (const [name, shownAs] of Object.entries(names)) {
      const { text } = messageFor([candidateEvent('matched', describedCandidate('c1', { name }))]);
      expect(text).toBe(`${shownAs} matches (lights)`);
    }
  });

  it('has a link whose escaping is five times as long', () => {
    const url = `https://x.example/?${'&'.repeat(470)}`;
    const message = messageFor([candidateEvent('matched', describedCandidate('c1', { url }))]);
    expectWithinLimits(message);
    expect(readable(message).links).toContain(url);
    expect(readable(message).text).toContain('Lighthouse c1');
  });

  it('says what is said by the headline only once', () => {
    expect(messageFor([keyEvent('blocked')]).blocks.map(({ type }) => type)).toEqual(['header', 'context']);
    const [, ending] = messageFor([endingEvent()]).blocks;
    expect(textsOf(ending!)[0]?.text).not.toContain('completed');
  });
});

describeRefusals('Slack', slackOutcome, [
  [400, 'invalid_payload', 'rejected', 'Slack cannot read the message (invalid_payload)'],
  [400, 'invalid_blocks\n', 'rejected', 'Slack does not accept the layout of the message (invalid_blocks)'],
  [
    400,
    'too_many_attachments',
    'rejected',
    'Slack finds too many attachments in the message (too_many_attachments)',
  ],
  [
    403,
    'action_prohibited',
    'stopped',
    'Slack says the workspace does not let this webhook post: ask its admins (action_prohibited)',
  ],
  [403, 'invalid_token', 'stopped', 'Slack does not know this webhook URL: copy it again (invalid_token)'],
  [
    404,
    'channel_not_found',
    'stopped',
    'Slack says the channel is gone: choose another webhook (channel_not_found)',
  ],
  [
    404,
    'no_service',
    'stopped',
    'Slack says the webhook was removed or switched off: make another (no_service)',
  ],
  [
    404,
    'no_team',
    'stopped',
    'Slack does not know the workspace of this webhook: copy its URL again (no_team)',
  ],
  [
    410,
    'channel_is_archived',
    'stopped',
    'Slack says the channel is archived: choose another webhook (channel_is_archived)',
  ],
  [404, 'constructor', 'retry', 'HTTP 404'],
  [404, '<html>', 'retry', 'HTTP 404'],
  [500, 'rollup_error', 'retry', 'HTTP 500'],
]);
