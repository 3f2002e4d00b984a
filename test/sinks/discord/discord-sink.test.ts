import { describe, expect, it } from 'vitest';
import { discordDialect, type DiscordMessage } from '../../../src/sinks/discord/discord-embeds.ts';
import { createDiscordSink, discordOutcome } from '../../../src/sinks/discord/discord-sink.ts';
import { answered, describeRefusals } from '../answers.ts';
import { firstOf, POSTED } from '../packed.ts';
import { listen } from '../../poll/findall/raw-server.ts';
import {
  type Batch,
  candidateEvent,
  endingEvent,
  keyEvent,
  quickRun,
} from '../../builders/event-builders.ts';
import { describeHttpSink, type Readable, requestWith, type SentRequest } from '../sink-suite.ts';

/**
 * https://docs.discord.com/developers/resources/message#embed-object-embed-limits and
 * https://docs.discord.com/developers/resources/webhook#execute-webhook
 */
const LIMITS = {
  ...{ content: 2000, embeds: 10, description: 4096, footer: 2048, all: 6000 },
};

function parsed({ text }: SentRequest): DiscordMessage {
  return JSON.parse(text) as DiscordMessage;
}

/** What Discord makes of its Markdown: escapes first, then masked links; any other sign of markup is live. */
function shown(markdown: string): Readable {
  const links: string[] = [];
  const live: string[] = [];
  const literals: string[] = [];
  // What is shown as it stands is taken out of the way, so that what is left is markup.
  const text = markdown
    .replaceAll(/(?<!\\)`([^`\\]*)`/g, (_, code: string) => `\ue000${literals.push(code) - 1}\ue001`)
    .replaceAll(/\\([^0-9A-Za-z\s])/g, (_, sign: string) => `\ue000${literals.push(sign) - 1}\ue001`)
    .replaceAll(/\[([^[\]]*)\]\(([^()\s]*)\)/g, (_, name: string, address: string) => {
      links.push(address);
      return name;
    })
    .replaceAll(/^-# /gm, '')
    .replaceAll(/\*\*([^*]+)\*\*/g, '$1');
  for (const [sign] of text.matchAll(/[*_~|`<@[\]]|^\s*(?:#|>|[-+] |\d+\. )|:\/\//gm)) live.push(sign);
  return {
    text: text.replaceAll(/\ue000(\d+)\ue001/g, (_, n: string) => literals[Number(n)] ?? ''),
    links,
    live,
  };
}

function readable({ content, embeds }: DiscordMessage): Readable {
  const markdown = [content, ...embeds.map(({ description }) => description)];
  const parts = markdown.filter((text) => text !== '').map(shown);
  return {
    text: parts.map(({ text }) => text).join('\n'),
    links: parts.flatMap(({ links }) => links),
    live: parts.flatMap(({ live = [] }) => live),
  };
}

function expectWithinLimits({ content, embeds, allowed_mentions: mentions }: DiscordMessage): void {
  expect(mentions).toEqual({ parse: [] });
  expect(content.length).toBeLessThanOrEqual(LIMITS.content);
  expect(content.length + embeds.length).toBeGreaterThan(0);
  expect(embeds.length).toBeLessThanOrEqual(LIMITS.embeds);
  let all = 0;
  for (const { description, footer } of embeds) {
    expect(description.trim()).not.toBe('');
    expect(description.length).toBeLessThanOrEqual(LIMITS.description);
    expect(footer?.text.length ?? 0).toBeLessThanOrEqual(LIMITS.footer);
    all += description.length + (footer?.text.length ?? 0);
  }
  expect(all).toBeLessThanOrEqual(LIMITS.all);
}

/** Discord answers with what became of the message only when it is asked to. */
function expectAsked(sent: SentRequest): void {
  expect(new URL(sent.path, 'http://x').searchParams.get('wait')).toBe('true');
  expectWithinLimits(parsed(sent));
}

/** What is posted about `events`. */
function messageFor(events: Batch): DiscordMessage {
  return firstOf(discordDialect, events);
}

describeHttpSink('discord', {
  make: (url, { timeoutMs }) => createDiscordSink({ ...POSTED, url, timeoutMs }),
  messages: {
    dialect: discordDialect,
    sent: (rendered) => requestWith(rendered, '/?wait=true'),
  },
  readable: (sent) => readable(parsed(sent)),
  withinLimits: expectAsked,
  ids: (sent) => parsed(sent).embeds.map(({ footer }) => footer?.text ?? ''),
});

describe('the message for Discord', () => {
  it('has an embed a match with a line a condition, and the ending last', () => {
    const { content, embeds } = messageFor(quickRun());
    expect(content).toBe(
      '2 new matches, completed: the match limit was reached \\(lights\\)\n-# `findall-watch show findall_a`',
    );
    expect(embeds.map(({ description }) => description.split('\n')[0])).toEqual([
      '✔ **[Lighthouse c1](https://c1.example/)**  c1.example',
      '✔ **[Lighthouse c2](https://c2.example/)**  c2.example',
      '■ **completed: the match limit was reached**',
    ]);
    expect(embeds[0]?.description.split('\n').slice(1, 5)).toEqual([
      'A lighthouse on the west coast.',
      String.raw`✓ **automated**: since 1988 \(high confidence\)`,
      String.raw`-# The chart of the coast says so about automated\_check.`,
      '-# [Chart of the coast](https://chart.example/automated_check)',
    ]);
    expect(embeds[2]?.description).toContain('2 matches among 12 candidates in 18 s');
    expect(embeds[2]?.timestamp).toBe('2026-02-01T08:00:00.000Z');
  });

  it('is coloured by what it means', () => {
    const colorOf = (...events: Batch) => messageFor(events).embeds[0]?.color;
    const colors = [
      colorOf(candidateEvent('matched')),
      colorOf(candidateEvent('retracted')),
      colorOf(endingEvent('failed')),
    ];
    expect(new Set(colors).size).toBe(3);
  });

  it('says what is said by the headline only once', () => {
    const event = keyEvent('blocked');
    const { content, embeds } = messageFor([event]);
    expect(embeds).toEqual([]);
    expect(content).toBe(
      `🚨 the API key is refused: Invalid API key; no run is watched until it is accepted\n-# \`findall-watch events\`\n-# ${event.id.replace('_', '\\_')}`,
    );
    expect(messageFor([endingEvent()]).embeds[0]?.description).not.toContain('completed');
  });
});

describeRefusals('Discord', discordOutcome, [
  [
    404,
    '{"message": "Unknown Webhook", "code": 10015}',
    'stopped',
    'Discord says the webhook was deleted: make another (10015)',
  ],
  [
    401,
    '{"code": 50027}',
    'stopped',
    'Discord does not accept the token of this webhook: copy its URL again (50027)',
  ],
  [
    400,
    '{"code": 220001}',
    'stopped',
    'Discord says this webhook posts to a forum: add ?thread_id=… to its URL (220001)',
  ],
  [
    400,
    '{"code": 50035, "errors": {}}',
    'rejected',
    'Discord does not accept the form of the message (50035)',
  ],
  [
    400,
    '{"code": 160005}',
    'stopped',
    'Discord says the thread is locked: unlock it, or name another thread_id (160005)',
  ],
  [400, '{"code": 0}', 'rejected', 'HTTP 400'],
  [404, '<html>', 'retry', 'HTTP 404'],
  [502, '{"code": 10015}', 'retry', 'HTTP 502'],
]);

describe('how long Discord has the sink wait', () => {
  // https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit-rate-limit-response-structure
  it.each([
    ['{"message": "You are being rate limited.", "retry_after": 0.2517, "global": false}', undefined, 252],
    ['{"retry_after": 64.57, "global": true}', 65_000, 65_000],
    ['{"retry_after": 86400}', undefined, 600_000],
    ['{"retry_after": -1}', 3000, 3000],
    ['{"retry_after": "x"}', undefined, undefined],
    ['error code: 1015', 30_000, 30_000],
  ])('429 %s waits as long as it says', (body, header, retryAfterMs) => {
    const outcome = {
      kind: 'retry',
      reason: 'HTTP 429',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs, pauseMs: retryAfterMs }),
    };
    expect(discordOutcome(answered(429, body, { retryAfterMs: header }))).toEqual(outcome);
  });

  // https://docs.discord.com/developers/topics/rate-limits#header-format
  it.each([
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '1.5' }, 1500],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '86400' }, 600_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': 'soon' }, undefined],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '-1' }, undefined],
    [{ 'x-ratelimit-remaining': '0' }, undefined],
    [{ 'x-ratelimit-remaining': '4', 'x-ratelimit-reset-after': '1.5' }, undefined],
    [{}, undefined],
  ])('200 with %j pauses the sink for what is left of the bucket', (headers, pauseMs) => {
    expect(discordOutcome(answered(200, '{"id": "7"}', { headers }))).toEqual({
      kind: 'delivered',
      answer: 'HTTP 200: {"id": "7"}',
      ...(pauseMs === undefined ? {} : { pauseMs }),
    });
  });

  it('a bucket that is empty is heard of on a socket', async () => {
    const { url } = await listen((_, response) => {
      response.writeHead(204, { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset-After': '0.2' }).end();
    });
    const sink = createDiscordSink({ ...POSTED, url });
    const context = { attempt: 1, signal: new AbortController().signal };
    expect(await sink.deliver(quickRun(), context)).toEqual({
      kind: 'delivered',
      answer: 'HTTP 204',
      pauseMs: 200,
    });
  });
});
