import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildSinks } from '../../../../src/build-sinks.ts';
import { systemClock } from '../../../../src/clock.ts';
import { discordDialect, type DiscordMessage } from '../../../../src/sinks/discord/discord-embeds.ts';
import { mailDialect } from '../../../../src/sinks/email/email-body.ts';
import type { Dialect } from '../../../../src/sinks/kit/dialect.ts';
import type { Texts } from '../../../../src/sinks/kit/texts.ts';
import type { Packed } from '../../../../src/sinks/kit/pack.ts';
import type { Spans } from '../../../../src/sinks/kit/spans.ts';
import { createTemplates } from '../../../../src/sinks/kit/template.ts';
import { ntfyDialect, type NtfyPayload } from '../../../../src/sinks/ntfy/ntfy-payload.ts';
import { slackDialect, type SlackMessage } from '../../../../src/sinks/slack/slack-blocks.ts';
import { teamsDialect, type TeamsMessage } from '../../../../src/sinks/teams/teams-card.ts';
import { telegramDialect, type TelegramText } from '../../../../src/sinks/telegram/telegram-text.ts';
import { openLog } from '../../../../src/logging/logger.ts';
import type { RunEvent } from '../../../../src/run-event.ts';
import { configured } from '../../../config/config-harness.ts';
import { packedOf } from '../../packed.ts';
import { receive } from '../../webhook/webhook.ts';
import { candidateEvent, describedCandidate, endingEvent } from '../../../builders/event-builders.ts';

const EVENT = candidateEvent('matched', describedCandidate('c1', { name: '<b>*Q&A*</b> @all' }));

/** What `source` makes of the events. */
function textsOf(source: string, events: readonly RunEvent[]): Texts {
  const templateOf = createTemplates({ 'findall.*': source });
  const texts = new Map<string, Spans>();
  for (const event of events) {
    const result = templateOf(event.type)?.render(event);
    if (result?.kind === 'text') texts.set(event.id, result.text);
  }
  return texts;
}

/** The messages of the events, all in the operator's words. */
function packedIn<Rendered>(
  dialect: Dialect<Rendered>,
  source: string,
  events: readonly RunEvent[] = [EVENT],
): Packed<Rendered>[] {
  return packedOf(dialect, events, { texts: textsOf(source, events) });
}

function messageIn<Rendered>(
  dialect: Dialect<Rendered>,
  source: string,
  events: readonly RunEvent[] = [EVENT],
): Rendered {
  return packedIn(dialect, source, events)[0]!.rendered;
}

describe('the operator’s words go out as written, values escaped, for', () => {
  it('Slack', () => {
    const source = '<!here> *{{ event.data.name }}*\n{{ event.data.url | link: event.data.name }}';
    const { blocks } = messageIn(slackDialect, source);
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
      const { blocks } = messageIn(slackDialect, '<{{ event.data.name }}|x>', [event]);
      expect(JSON.stringify(blocks)).not.toMatch(/<[!@#]/);
    },
  );

  it('Discord, where nobody is pinged all the same', () => {
    const source = '**{{ event.data.name }}** {{ event.data.url | link: "page" }}';
    const message = messageIn(discordDialect, source);
    expect(message.content).toBe('');
    expect(message.embeds[0]?.description).toBe(
      String.raw`**\<b\>\*Q&A\*\</b\> \@all** [page](https://c1.example/)`,
    );
    expect(message.allowed_mentions).toEqual({ parse: [] });
  });

  it('Teams, whose texts have no markup', () => {
    const message = messageIn(
      teamsDialect,
      '{{ "{" }}{DATE(x)}} **{{ event.data.name }}**\n{{ event.data.url | link: "page" }}',
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
      messageIn(telegramDialect, '<b>{{ event.data.name }}</b> @ops\n{{ event.data.url | link: "page" }}')
        .html,
    ).toBe('<b>&lt;b&gt;*Q&amp;A*&lt;/b&gt; ＠all</b> @ops\n<a href="https://c1.example/">page</a>');
  });

  it('mail, as text in both parts', () => {
    const { text, html } = messageIn(
      mailDialect,
      '<i>{{ event.data.name }}</i>\n{{ event.data.url | link: "page" }}',
    );
    expect(text).toMatch(/^<i><b>\*Q&A\*<\/b> @all<\/i>\npage \(https:\/\/c1\.example\/\)\n\n-- \n/);
    expect(html).toContain(
      '<p class="item">&lt;i&gt;&lt;b&gt;*Q&amp;A*&lt;/b&gt; @all&lt;/i&gt;<br>\n<a href="https://c1.example/">page</a></p>',
    );
  });

  it('ntfy, whose messages are plain', () => {
    const { title, message } = messageIn(ntfyDialect('topic'), '*{{ event.data.name }}*');
    expect([title, message]).toEqual(['<b>*Q&A*</b> @all matches (lights)', '*<b>*Q&A*</b> @all*']);
  });
});

const SERVICES: [string, Dialect<unknown>, (rendered: never) => string][] = [
  ['Slack', slackDialect, (message: SlackMessage) => JSON.stringify(message.blocks)],
  ['Discord', discordDialect, (message: DiscordMessage) => JSON.stringify(message.embeds)],
  ['Teams', teamsDialect, (message: TeamsMessage) => JSON.stringify(message.attachments[0].content.body)],
  ['Telegram', telegramDialect, ({ html }: TelegramText) => html],
  ['mail', mailDialect, ({ text }: { text: string }) => text],
  ['ntfy', ntfyDialect('topic'), ({ message }: NtfyPayload) => message],
];

describe.each(SERVICES)('a group in the operator’s words for %s', (_, dialect, textOf) => {
  const events = Array.from({ length: 71 }, (__, n) =>
    candidateEvent('matched', describedCandidate(`c${n}`), { sequence: n + 1 }),
  );
  const group = [...events, endingEvent()];
  const said = (source: string) => {
    const messages = packedIn(dialect, source, group);
    return { messages, texts: messages.map(({ rendered }) => textOf(rendered as never)) };
  };

  it('says every event in order, over as many messages as it takes', () => {
    const { messages, texts } = said(`{{ event.data.name }}{{ event.summary.status }}.${' word'.repeat(60)}`);
    const text = texts.join('\n');
    const places = [...events.keys()].map((n) => text.indexOf(`c${n}.`));
    places.push(text.indexOf('completed.'));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(messages.every(({ rendered }) => dialect.fits(rendered))).toBe(true);
    expect(text).not.toContain('new matches');
    expect(messages.map(({ tooLong }) => tooLong)).toEqual(messages.map(() => undefined));
  });

  it('keeps its markup whole, however large the group', () => {
    const { messages, texts } = said('<b>{{ event.data.name }}</b> <i>{{ event.data.description }}</i>');
    expect(messages.every(({ rendered }) => dialect.fits(rendered))).toBe(true);
    for (const text of texts)
      for (const tag of ['b', 'i'])
        expect(text.split(new RegExp(`(?:<|&lt;)${tag}(?:>|&gt;)`)).length).toBe(
          text.split(new RegExp(`(?:<|&lt;)/${tag}(?:>|&gt;)`)).length,
        );
  });

  it('shortens values before the operator’s words, and says an event in the built-in ones where that is not enough', () => {
    const long = candidateEvent('matched', describedCandidate('c1', { name: 'word '.repeat(60_000) }));
    const [shortened] = packedIn(dialect, '<b>{{ event.data.name }}</b>', [long]);
    expect(textOf(shortened!.rendered as never)).toMatch(/word…/);
    expect(shortened!.tooLong).toBeUndefined();
    const [builtIn] = packedIn(
      dialect,
      '{% for i in (1..2000) %}<i>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</i>{% endfor %}',
      [EVENT, long],
    );
    expect(builtIn!.tooLong).toBe(EVENT);
    expect(textOf(builtIn!.rendered as never)).not.toContain('xxx');
    expect(dialect.fits(builtIn!.rendered)).toBe(true);
  });
});

/** The sinks of such a configuration as the program builds them, and what they log. */
async function built(settings: string) {
  const { config } = configured(`sinks: [{ name: own, ${settings} }]`).load({ PATH: process.env.PATH ?? '' });
  let text = '';
  const log = openLog({ level: 'info', to: { write: (more) => (text += more) } });
  const [made] = await buildSinks(config.sinks, { log, clock: systemClock });
  const send = (events: readonly RunEvent[]) =>
    made!.sink.deliver(events, { attempt: 1, signal: new AbortController().signal });
  return { send, logged: () => text };
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
    const { send } = await built(
      `type: webhook, url: "${url}", template: '{"text": {{ event.data.name | json }}}'`,
    );
    expect(await send([EVENT])).toMatchObject({ kind: 'delivered' });
    expect(deliveries[0]?.text).toBe('{"text": "<b>*Q&A*</b> @all"}');
    expect(deliveries[0]?.headers['webhook-id']).toBe(EVENT.id);
  });

  it('a webhook posts the event where the template makes no JSON, and the log says so without the text', async () => {
    const { url, deliveries } = await receive();
    const { send, logged } = await built(`type: webhook, url: "${url}", template: "{{ event.data.name }}"`);
    expect(await send([EVENT])).toMatchObject({ kind: 'delivered' });
    expect(deliveries[0]?.body).toEqual(EVENT);
    expect(logged()).toContain('"level":"warn"');
    expect(logged()).toContain(
      `"sink":"own","type":"findall.candidate.matched","event_id":"${EVENT.id}","reason":"the text is not JSON","msg":"template failed: the built-in message was sent"`,
    );
    expect(logged()).not.toContain('Q&A');
  });

  it('a chat gets the built-in message where the service rejects the template’s', async () => {
    const statuses = [400, 200];
    const { url, deliveries } = await receive(() => statuses.shift() ?? 500);
    const { send, logged } = await built(`type: slack, url: "${url}", template: "own words"`);
    expect(await send([EVENT])).toMatchObject({ kind: 'delivered' });
    expect(deliveries.map(({ text }) => text.includes('own words'))).toEqual([true, false]);
    expect(logged()).toContain('"reason":"HTTP 400","msg":"template failed: the built-in message was sent"');
  });

  it('a file has the text on one line, beside the JSON of what has no template', async () => {
    const path = join(directory(), 'words');
    const { send } = await built(
      `type: file, path: "${path}", template: { findall.candidate.*: "{{ event.data.name }}\\n\\n matched" }`,
    );
    await send([EVENT, endingEvent()]);
    const [first, second, ...rest] = readFileSync(path, 'utf8').split('\n');
    expect(first).toBe('<b>*Q&A*</b> @all matched');
    expect(JSON.parse(second ?? '')).toEqual(endingEvent());
    expect(rest).toEqual(['']);
  });

  it('a command gets the text with its line breaks, and is not run again for what it rejects', async () => {
    const path = join(directory(), 'words');
    const { send, logged } = await built(
      `type: command, command: [sh, -c, "cat >> ${path}; exit 1"], ${TWO_LINES}`,
    );
    expect(await send([EVENT])).toMatchObject({ kind: 'rejected' });
    expect(readFileSync(path, 'utf8')).toBe('<b>*Q&A*</b> @all\nmatched\n');
    expect(logged()).toBe('');
  });

  it('a log line has the text beside the event', async () => {
    const { send, logged } = await built(`type: log, ${TWO_LINES}`);
    await send([EVENT]);
    expect(JSON.parse(logged())).toMatchObject({
      msg: 'match found',
      event: EVENT,
      text: '<b>*Q&A*</b> @all\nmatched',
    });
  });
});
