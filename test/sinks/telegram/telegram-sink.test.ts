// cspell:ignore durov seof tonsite
import type { RunEvent } from '../../../src/run-event.ts';
import { describe, expect, it } from 'vitest';
import type { DeliveryOutcome } from '../../../src/deliver/sink.ts';
import { telegramOutcome } from '../../../src/sinks/telegram/telegram-answer.ts';
import { createTelegramSink, type TelegramSinkOptions } from '../../../src/sinks/telegram/telegram-sink.ts';
import { telegramDialect, type TelegramText } from '../../../src/sinks/telegram/telegram-text.ts';
import { listen } from '../../poll/findall/raw-server.ts';
import { answered } from '../answers.ts';
import { firstOf, POSTED } from '../packed.ts';
import {
  candidateEvent,
  describedCandidate,
  endingEvent,
  noticeEvent,
  quickRun,
} from '../../builders/event-builders.ts';
import { describeHttpSink, type Readable, requestWith, type SentRequest } from '../sink-suite.ts';

const TOKEN = '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5P_canary';

function sinkTo(apiUrl: string, more: Partial<TelegramSinkOptions> = {}) {
  return createTelegramSink({
    ...POSTED,
    apiUrl,
    token: TOKEN,
    chat: '-1001234567890',
    topic: null,
    ...more,
  });
}

describeHttpSink('telegram', {
  make: (url, { timeoutMs }) => sinkTo(url.replace(/[?#].*$/, ''), { timeoutMs }),
  messages: {
    dialect: telegramDialect,
    sent: (rendered) => requestWith({ text: (rendered as TelegramText).html }),
  },
  readable: ({ text }) => readHtml((JSON.parse(text) as { text: string }).text),
  withinLimits,
});

/**
 * Limits: 4096 UTF-16 units once the tags are read (https://core.telegram.org/bots/api#sendmessage); 100 formatted
 * places (https://docs.python-telegram-bot.org/en/v13.2/telegram.constants.html, MAX_MESSAGE_ENTITIES).
 */
function withinLimits({ text }: SentRequest): void {
  const html = (JSON.parse(text) as { text: string }).text;
  expect(readHtml(html).text.length).toBeLessThanOrEqual(4096);
  expect(html.match(/<(?:b|a|code)\b/g)?.length ?? 0).toBeLessThanOrEqual(100);
}

/** Reads as Telegram does, and throws where Telegram would say "can't parse entities". */
function readHtml(html: string): Readable {
  const links: string[] = [];
  const open: string[] = [];
  let text = '';
  for (const [token, end, tag, attributes] of html.matchAll(/<(\/?)(\w*)((?:[^>"]|"[^"]*")*)>|[^<]+|</g)) {
    if (!token.startsWith('<')) {
      expect(token.replaceAll(/&(?:amp|lt|gt|quot);/g, '')).not.toMatch(/[&>]/);
      text += unescapeHtml(token);
    } else if (end) {
      expect(open.pop()).toBe(tag);
    } else {
      expect(tag).toMatch(/^(?:a|b|code)$/);
      open.push(tag ?? '');
      const href = /^ href="([^"]*)"$/.exec(attributes ?? '')?.[1];
      expect(href === undefined).toBe(tag !== 'a');
      if (href !== undefined) links.push(unescapeHtml(href));
    }
  }
  expect(open).toEqual([]);
  return { text, links, live: whatTelegramFinds(text) };
}

function unescapeHtml(text: string): string {
  return text.replaceAll(
    /&(amp|lt|gt|quot);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name] ?? '',
  );
}

/** Mentions, commands and app links, by the patterns of td/telegram/MessageEntity.cpp. */
function whatTelegramFinds(text: string): string[] {
  return [
    /(?<![\w@])@\w{2,32}/gu,
    /(?<![\w/<>])\/[a-z0-9_]{1,64}\b(?![\w/])/giu,
    /\b(?:tg|ton|tonsite):\/\//gi,
  ].flatMap((pattern) => text.match(pattern) ?? []);
}

describe('a message', () => {
  it('is one call of sendMessage in HTML, without a preview', async () => {
    const { path, body } = await sent(quickRun().slice(0, 1));
    expect(path).toBe(`/bot${TOKEN}/sendMessage`);
    expect(body).toEqual({
      chat_id: '-1001234567890',
      text: expect.any(String),
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
    });
  });

  it('goes to a topic when there is one', async () => {
    expect((await sent(quickRun(), { topic: 7 })).body).toMatchObject({ message_thread_id: 7 });
  });

  it('of one match is its name as a link, what held and why', () => {
    expect(render([candidateEvent()])).toBe(
      [
        '<b>Lighthouse c1 matches (lights)</b>',
        '',
        '✔ <a href="https://c1.example/"><b>Lighthouse c1</b></a>  c1.example',
        'A lighthouse on the west coast.',
        '✓ <b>automated</b>: since 1988 (high confidence)',
        '    The chart of the coast says so about automated_check.',
        '    <a href="https://chart.example/automated_check">Chart of the coast</a>',
        '✗ <b>open</b>: closed (high confidence)',
        '    The chart of the coast says so about open_check.',
        '    <a href="https://chart.example/open_check">Chart of the coast</a>',
        '• <b>height</b>: 31 m (high confidence)',
        '    The chart of the coast says so about height.',
        '    <a href="https://chart.example/height">Chart of the coast</a>',
        '',
        '<code>findall-watch show findall_a</code>',
      ].join('\n'),
    );
  });

  it('ends with the ending', () => {
    expect(render(quickRun())).toMatch(
      /\n\n■ <b>completed: the match limit was reached<\/b>\n2 matches among 12 candidates in 18 s\nIt found as many .*\n\n<code>.*$/,
    );
  });

  it('of an ending alone says it once', () => {
    expect(render([endingEvent()]).match(/the match limit was reached/g)).toHaveLength(1);
  });

  it('of a notice alone says it once', () => {
    expect(render([noticeEvent('degraded')])).toBe(
      '<b>⚠️ the run cannot be read: HTTP 503 (lights)</b>\n\n<code>findall-watch show findall_a</code>',
    );
  });

  it('calls nobody and starts nothing', () => {
    const text = render([
      candidateEvent(
        'matched',
        describedCandidate('c', { name: '@durov /start tg://user?id=1 a@b.example 1/2' }),
      ),
    ]);
    expect(text).toContain('＠durov ∕start user?id=1 a@b.example 1/2');
  });
});

describe('Telegram’s answer', () => {
  it.each<[string, object, DeliveryOutcome]>([
    [
      'ok',
      { ok: true, result: { message_id: 42 } },
      { kind: 'delivered', answer: 'HTTP 200: {"ok":true,"result":{"message_id":42}}' },
    ],
    [
      'an unknown chat',
      { error_code: 400, description: 'Bad Request: chat not found' },
      stopped(
        'the bot does not know the chat: check `chat`, and that the bot was added or started',
        400,
        'Bad Request: chat not found',
      ),
    ],
    [
      'a block',
      { error_code: 403, description: 'Forbidden: bot was blocked by the user' },
      stopped('the bot was blocked: unblock it in the chat', 403, 'Forbidden: bot was blocked by the user'),
    ],
    [
      'a kick',
      { error_code: 403, description: 'Forbidden: bot was kicked from the group chat' },
      stopped(
        'the bot is not allowed into the chat: add it, or start it there',
        403,
        'Forbidden: bot was kicked from the group chat',
      ),
    ],
    [
      'a group that moved',
      {
        error_code: 400,
        description: 'Bad Request: group chat was upgraded to a supergroup chat',
        parameters: { migrate_to_chat_id: -1009876543210 },
      },
      stopped(
        'the group became a supergroup: set `chat` to -1009876543210',
        400,
        'Bad Request: group chat was upgraded to a supergroup chat',
      ),
    ],
    [
      'missing rights',
      { error_code: 400, description: 'Bad Request: not enough rights to send text messages to the chat' },
      stopped(
        'the bot may not write there: give it the right to post',
        400,
        'Bad Request: not enough rights to send text messages to the chat',
      ),
    ],
    [
      'a closed topic',
      { error_code: 400, description: 'Bad Request: message thread not found' },
      stopped('the topic is gone or closed: check `topic`', 400, 'Bad Request: message thread not found'),
    ],
    [
      'a wrong token',
      { error_code: 401, description: 'Unauthorized' },
      stopped('the bot token is wrong or was revoked: check `token`', 401, 'Unauthorized'),
    ],
    [
      'a token that is none',
      { error_code: 404, description: 'Not Found' },
      stopped('the bot token is wrong or was revoked: check `token`', 404, 'Not Found'),
    ],
    [
      'a flood',
      { error_code: 429, description: 'Too Many Requests: retry after 35', parameters: { retry_after: 35 } },
      { kind: 'retry', reason: 'Telegram asks for a pause (429)', retryAfterMs: 35_000, pauseMs: 35_000 },
    ],
    [
      'markup it cannot read',
      { error_code: 400, description: "Bad Request: can't parse entities: unclosed start tag" },
      {
        kind: 'rejected',
        reason: "Telegram says 400: Bad Request: can't parse entities: unclosed start tag",
      },
    ],
    [
      'a fault of its own',
      { error_code: 502, description: 'Bad Gateway' },
      { kind: 'retry', reason: 'Telegram says 502: Bad Gateway' },
    ],
  ])('of %s', (_, body, outcome) => {
    expect(judged({ ok: false, ...body })).toEqual(outcome);
  });

  it('that echoes the token keeps it to itself', () => {
    const outcome = judged({ ok: false, error_code: 400, description: `no such path /bot${TOKEN}/x` });
    expect(outcome).toEqual({ kind: 'rejected', reason: 'Telegram says 400: no such path /bot***/x' });
  });

  it.each([
    [404, '<html>not found</html>', 'retry'],
    [401, 'proxy login', 'retry'],
    [400, '{}', 'rejected'],
    [200, '', 'delivered'],
  ])('that is not Telegram’s is judged by its status %i', (status, text, kind) => {
    expect(telegramOutcome(answered(status, text), TOKEN)).toMatchObject({ kind });
  });
});

function stopped(fix: string, code: number, description: string): DeliveryOutcome {
  return { kind: 'stopped', reason: `${fix} (Telegram says ${code}: ${description})` };
}

function judged(body: { ok: boolean; error_code?: number; description?: string }): DeliveryOutcome {
  return telegramOutcome(answered(body.error_code ?? 200, JSON.stringify(body)), TOKEN);
}

function render(events: readonly RunEvent[]): string {
  const [first, ...rest] = events;
  return firstOf(telegramDialect, [first!, ...rest]).html;
}

async function sent(events: ReturnType<typeof quickRun>[number][], more: Partial<TelegramSinkOptions> = {}) {
  const requests: { path: string; body: unknown }[] = [];
  const { url } = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.end('{"ok":true}');
    });
  });
  const { signal } = new AbortController();
  expect(await sinkTo(url, more).deliver(events, { attempt: 1, signal })).toMatchObject({
    kind: 'delivered',
  });
  expect(requests).toHaveLength(1);
  return requests[0]!;
}
