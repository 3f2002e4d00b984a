import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildSinks } from '../../src/build-sinks.ts';
import { systemClock } from '../../src/clock.ts';
import { discordMessage } from '../../src/deliver/sinks/discord-embeds.ts';
import { mailBody } from '../../src/deliver/sinks/email-body.ts';
import { ntfyPayload } from '../../src/deliver/sinks/ntfy-payload.ts';
import { slackMessage } from '../../src/deliver/sinks/slack-blocks.ts';
import { teamsMessage } from '../../src/deliver/sinks/teams-card.ts';
import { telegramText } from '../../src/deliver/sinks/telegram-text.ts';
import { openLog } from '../../src/logger.ts';
import type { RunEvent } from '../../src/model.ts';
import { composeMessage, type Message } from '../../src/present/message.ts';
import { createTemplates } from '../../src/present/template.ts';
import type { Text } from '../../src/present/template-text.ts';
import { houseWith } from '../config/house.ts';
import { receive } from './webhook.ts';
import { candidateEvent, describedCandidate, endingEvent } from './sample-events.ts';

const EVENT = candidateEvent('matched', describedCandidate('c1', { name: '<b>*Q&A*</b> @all' }));

/** What `source` makes of the events, all in the operator's words. */
function messageOf(source: string, events: [RunEvent, ...RunEvent[]] = [EVENT], listed = 20): Message {
  const templateOf = createTemplates({ 'findall.*': source });
  const texts = new Map<string, Text | null>();
  for (const event of events) {
    const result = templateOf(event.type)?.render(event);
    texts.set(event.id, result?.kind === 'text' ? result.text : null);
  }
  return composeMessage(events, listed, texts);
}

describe('the operator’s words go out as written, values escaped, for', () => {
  it('Slack', () => {
    const source = '<!here> *{{ event.data.name }}*\n{{ event.data.url | link: event.data.name }}';
    const { blocks } = slackMessage(messageOf(source));
    const name = '&lt;b&gt;∗Q&amp;A∗&lt;/b&gt; @all';
    expect(blocks).toEqual([
      {
        type: 'section',
        block_id: EVENT.id,
        text: { type: 'mrkdwn', text: `<!here> *${name}*\n<https://c1.example/|${name}>`, verbatim: true },
      },
    ]);
  });

  it.each(['!channel', '@U123', '#C123', '!subteam^S1'])(
    'Slack, where %s calls nobody in a bracket',
    (name) => {
      const event = candidateEvent('matched', describedCandidate('c1', { name }));
      const { blocks } = slackMessage(messageOf('<{{ event.data.name }}|x>', [event]));
      expect(JSON.stringify(blocks)).not.toMatch(/<[!@#]/);
    },
  );

  it('Discord, where nobody is pinged all the same', () => {
    const source = '**{{ event.data.name }}** {{ event.data.url | link: "page" }}';
    const message = discordMessage(messageOf(source));
    expect(message.content).toBe('');
    expect(message.embeds[0]?.description).toBe(
      String.raw`**\<b\>\*Q&A\*\</b\> \@all** [page](https://c1.example/)`,
    );
    expect(message.allowed_mentions).toEqual({ parse: [] });
  });

  it('Teams, whose texts have no markup', () => {
    const message = teamsMessage(
      messageOf('{{ "{" }}{DATE(x)}} **{{ event.data.name }}**\n{{ event.data.url | link: "page" }}'),
    );
    expect(message.attachments[0].content.body).toEqual([
      {
        type: 'Container',
        id: EVENT.id,
        separator: true,
        items: [
          { type: 'RichTextBlock', spacing: 'Small', inlines: ['{ {DATE(x)}} **<b>*Q&A*</b> @all**'] },
          {
            type: 'RichTextBlock',
            spacing: 'Small',
            inlines: [
              {
                type: 'TextRun',
                text: 'page',
                selectAction: { type: 'Action.OpenUrl', url: 'https://c1.example/' },
              },
            ],
          },
        ],
      },
    ]);
  });

  it('Telegram', () => {
    expect(
      telegramText(messageOf('<b>{{ event.data.name }}</b> @ops\n{{ event.data.url | link: "page" }}')),
    ).toBe('<b>&lt;b&gt;*Q&amp;A*&lt;/b&gt; ＠all</b> @ops\n<a href="https://c1.example/">page</a>');
  });

  it('mail, as text in both parts', () => {
    const { text, html } = mailBody(
      messageOf('<i>{{ event.data.name }}</i>\n{{ event.data.url | link: "page" }}'),
    );
    expect(text).toMatch(/^<i><b>\*Q&A\*<\/b> @all<\/i>\npage \(https:\/\/c1\.example\/\)\n\n-- \n/);
    expect(html).toContain(
      '<p class="item">&lt;i&gt;&lt;b&gt;*Q&amp;A*&lt;/b&gt; @all&lt;/i&gt;<br>\n<a href="https://c1.example/">page</a></p>',
    );
  });

  it('ntfy, whose messages are plain', () => {
    const { title, message } = ntfyPayload(messageOf('*{{ event.data.name }}*'), 'topic');
    expect([title, message]).toEqual(['<b>*Q&A*</b> @all matches (lights)', '*<b>*Q&A*</b> @all*']);
  });
});

describe('a group in the operator’s words', () => {
  const events = Array.from({ length: 30 }, (_, n) =>
    candidateEvent('matched', describedCandidate(`c${n}`), { sequence: n + 1 }),
  );
  const group: [RunEvent, ...RunEvent[]] = [events[0]!, ...events.slice(1), endingEvent()];

  it.each<[string, (message: Message) => string]>([
    ['Slack', (message) => JSON.stringify(slackMessage(message).blocks)],
    ['Discord', (message) => JSON.stringify(discordMessage(message).embeds)],
    ['Teams', (message) => JSON.stringify(teamsMessage(message).attachments[0].content.body)],
    ['Telegram', telegramText],
    ['mail', (message) => mailBody(message).text],
    ['ntfy', (message) => ntfyPayload(message, 'topic').message],
  ])('for %s lists the first in order, counts the rest, and ends with the ending', (_, textOf) => {
    const text = textOf(messageOf('{{ event.data.name }}{{ event.summary.status }}.', group, 9));
    const places = ['c0.', 'c1.', 'c8.', '+ 21 more: ', 'findall-watch show findall_a', 'completed.'].map(
      (words) => text.indexOf(words),
    );
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).not.toContain('c9.');
    expect(text).not.toContain('new matches');
  });

  it.each<[string, (message: Message) => string]>([
    ['Slack', (message) => JSON.stringify(slackMessage(message).blocks)],
    ['Discord', (message) => JSON.stringify(discordMessage(message))],
    ['Teams', (message) => JSON.stringify(teamsMessage(message))],
    ['Telegram', telegramText],
    ['mail', (message) => mailBody(message).text],
  ])('for %s that is longer than any message still says how many there are', (_, textOf) => {
    const text = textOf(messageOf(`${'x'.repeat(9000)}{{ event.data.name }}`, group));
    const told = text.split('…').length - 1;
    const [, more = '0'] = /\+ (\d+) more/.exec(text) ?? [];
    expect(Number(more)).toBeGreaterThanOrEqual(10);
    expect(told + Number(more)).toBeGreaterThanOrEqual(30);
  });
});

/** The sinks of such a configuration as the program builds them, and what they log. */
async function built(settings: string) {
  const { config } = houseWith(`sinks: [{ name: own, ${settings} }]`).load({ PATH: process.env.PATH ?? '' });
  let text = '';
  const log = openLog({ level: 'info', to: { write: (more) => (text += more) } });
  const [made] = await buildSinks(config.sinks, { log, clock: systemClock });
  const tell = (events: readonly RunEvent[]) =>
    made!.sink.deliver(events, { attempt: 1, signal: new AbortController().signal });
  return { tell, logged: () => text };
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'findall-watch-words-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const TWO_LINES = String.raw`template: "{{ event.data.name }}\nmatched"`;

describe('as configured', () => {
  it('a webhook posts the template’s JSON', async () => {
    const { url, deliveries } = await receive();
    const { tell } = await built(
      `type: webhook, url: "${url}", template: '{"text": {{ event.data.name | json }}}'`,
    );
    expect(await tell([EVENT])).toMatchObject({ kind: 'delivered' });
    expect(deliveries[0]?.text).toBe('{"text": "<b>*Q&A*</b> @all"}');
    expect(deliveries[0]?.headers['webhook-id']).toBe(EVENT.id);
  });

  it('a webhook posts the event where the template makes no JSON, and the log says so without the text', async () => {
    const { url, deliveries } = await receive();
    const { tell, logged } = await built(`type: webhook, url: "${url}", template: "{{ event.data.name }}"`);
    expect(await tell([EVENT])).toMatchObject({ kind: 'delivered' });
    expect(deliveries[0]?.body).toEqual(EVENT);
    expect(logged()).toContain('"level":"warn"');
    expect(logged()).toContain(
      `"sink":"own","type":"findall.candidate.matched","event_id":"${EVENT.id}","reason":"the text is not JSON","msg":"template failed: told the built-in message"`,
    );
    expect(logged()).not.toContain('Q&A');
  });

  it('a chat gets the built-in message where the service rejects the template’s', async () => {
    const statuses = [400, 200];
    const { url, deliveries } = await receive(() => statuses.shift() ?? 500);
    const { tell, logged } = await built(`type: slack, url: "${url}", template: "own words"`);
    expect(await tell([EVENT])).toMatchObject({ kind: 'delivered' });
    expect(deliveries.map(({ text }) => text.includes('own words'))).toEqual([true, false]);
    expect(logged()).toContain('"reason":"HTTP 400","msg":"template failed: told the built-in message"');
  });

  it('a file has the text on one line, beside the JSON of what has no template', async () => {
    const path = join(directory(), 'words');
    const { tell } = await built(
      `type: file, path: "${path}", template: { findall.candidate.*: "{{ event.data.name }}\\n\\n matched" }`,
    );
    await tell([EVENT, endingEvent()]);
    const [first, second, ...rest] = readFileSync(path, 'utf8').split('\n');
    expect(first).toBe('<b>*Q&A*</b> @all matched');
    expect(JSON.parse(second ?? '')).toEqual(endingEvent());
    expect(rest).toEqual(['']);
  });

  it('a command gets the text with its line breaks, and is not run again for what it rejects', async () => {
    const path = join(directory(), 'words');
    const { tell, logged } = await built(
      `type: command, command: [sh, -c, "cat >> ${path}; exit 1"], ${TWO_LINES}`,
    );
    expect(await tell([EVENT])).toMatchObject({ kind: 'rejected' });
    expect(readFileSync(path, 'utf8')).toBe('<b>*Q&A*</b> @all\nmatched\n');
    expect(logged()).toBe('');
  });

  it('a log line has the text beside the event', async () => {
    const { tell, logged } = await built(`type: log, ${TWO_LINES}`);
    await tell([EVENT]);
    expect(JSON.parse(logged())).toMatchObject({
      msg: 'match found',
      event: EVENT,
      text: '<b>*Q&A*</b> @all\nmatched',
    });
  });
});
