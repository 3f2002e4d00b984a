// cspell:ignore hdhd msmail
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeliveryOutcome } from '../../../src/deliver/sink.ts';
import type { EmailSinkOptions } from '../../../src/sinks/email/email-sink.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import { eventually } from '../../support/eventually.ts';
import {
  certificate,
  type MailServerOptions,
  reply,
  startMailServer,
  type TakenMail,
  trustCertificateHere,
} from './mail-server.ts';
import { sinkTo } from './mail-sink.ts';
import { one, readMail } from './read-mail.ts';
import { candidateEvent, endingEvent, keyEvent, quickRun } from '../../builders/event-builders.ts';
import { describeSink, type Readable, sendAll } from '../sink-suite.ts';

const LOGIN = { user: 'watch', password: 'canary-secret' };

const distrust = trustCertificateHere();

/** The outcome of one delivery to such a server, and what it took. */
async function send(
  server: MailServerOptions = {},
  more: Partial<EmailSinkOptions> = {},
  events = quickRun(),
) {
  const { port, taken } = await startMailServer(server);
  const outcome = await sinkTo(port, more).deliver(events, aContext());
  return { outcome, mails: taken() };
}

function aContext(signal = new AbortController().signal) {
  return { attempt: 1, signal };
}

describeSink<TakenMail>('email', {
  async open() {
    const { port, taken } = await startMailServer();
    return { sink: sinkTo(port), taken };
  },
  readable,
  // What a mail program gets is made on the way.
  runs: 10,
  ids: ({ raw }) => one(readMail(raw).headers, 'x-findall-event-ids').split(' '),
  withinLimits,
});

function withinLimits({ raw }: TakenMail): void {
  // RFC 5322 §2.1.1: 998 characters a line.
  expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
  // Gmail clips at 102 kB as encoded: https://www.spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html
  expect(raw.length - raw.indexOf('Content-Type: text/html')).toBeLessThanOrEqual(102_000);
}

const HEADERS = new Set([
  ...['from', 'to', 'subject', 'date', 'message-id', 'in-reply-to', 'references', 'mime-version'],
  ...['content-type', 'x-findall-event-ids', 'x-findall-run-id', 'auto-submitted'],
  ...['x-priority', 'x-msmail-priority', 'importance'],
]);
const TAGS = /^(?:h1|h2|p|div|span|a|b|br|code)$/;

/** Both parts as text; what somebody else put into headers, recipients or markup is live. */
function readable({ raw, to }: TakenMail): Readable {
  const { headers, text, html } = readMail(raw);
  const live = [...headers]
    .filter(([name, values]) => !HEADERS.has(name) || values.length > 1)
    .map(([name]) => name);
  if (to.join() !== 'ana@example.org') live.push(`to ${to.join()}`);
  const { links, shown } = readHtml(html);
  return { text: [one(headers, 'subject'), shown, text].join('\n'), links, live };
}

/** Reads the body of our HTML strictly, and throws at anything that is not of it. */
function readHtml(html: string): { links: string[]; shown: string } {
  const body = html.slice(html.indexOf('<body>') + 6, html.lastIndexOf('</body>'));
  const links: string[] = [];
  const open: string[] = [];
  let shown = '';
  for (const [token, end, tag = '', attributes] of body.matchAll(
    /<(\/?)(\w*)((?:[^>"]|"[^"]*")*)>|[^<]+|</g,
  )) {
    if (!token.startsWith('<')) {
      expect(token.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toMatch(/[&>]/);
      shown += unescapeHtml(token);
    } else if (end) expect(open.pop()).toBe(tag);
    else {
      expect(tag).toMatch(TAGS);
      expect(attributes).toMatch(tag === 'a' ? /^ href="[^"<>]+"$/ : /^(?: class="[a-z ]+")?$/);
      if (tag !== 'br') open.push(tag);
      if (tag === 'a') links.push(unescapeHtml(/"(.*)"/.exec(attributes ?? '')?.[1] ?? ''));
    }
  }
  expect(open).toEqual([]);
  return { links, shown };
}

function unescapeHtml(text: string): string {
  const signs: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? '');
}

describe('a mail', () => {
  it('has both parts, the ids of its events, and asks for no answer', async () => {
    const events = quickRun();
    const { mails } = await send({}, { to: ['ana@example.org', 'Bo <bo@example.org>'] }, events);
    const { headers, text, html } = readMail(mails[0]!.raw);
    expect(mails[0]).toMatchObject({ from: 'watch@example.com', to: ['ana@example.org', 'bo@example.org'] });
    expect(one(headers, 'subject')).toBe('FindAll: lights');
    expect(one(headers, 'x-findall-event-ids')).toBe(events.map(({ id }) => id).join(' '));
    expect(one(headers, 'auto-submitted')).toBe('auto-generated');
    expect(text).toContain(
      '✔ Lighthouse c1 (https://c1.example/)\n  A lighthouse on the west coast.\n  ✓ automated: since 1988 (high confidence)',
    );
    expect(text).toContain(
      '\n\n■ completed: the match limit was reached\n2 matches among 12 candidates in 18 s\n',
    );
    expect(html).toContain('<a href="https://c1.example/">Lighthouse c1</a>');
  });

  it('fetches nothing', async () => {
    const { mails } = await send();
    expect(readMail(mails[0]!.raw).html).not.toMatch(/<(?:img|link|script|iframe)|url\(|@import|src=/i);
  });

  it('is of one thread with the others of its run', async () => {
    const headersOf = async (events: [RunEvent, ...RunEvent[]]) =>
      readMail((await send({}, {}, events)).mails[0]!.raw).headers;
    const [first, second] = [await headersOf([candidateEvent()]), await headersOf([endingEvent()])];
    expect(one(first, 'references')).toBe('<findall_a.run@example.com>');
    for (const name of ['references', 'in-reply-to', 'subject']) {
      expect(one(second, name)).toBe(one(first, name));
    }
    expect(one(second, 'message-id')).not.toBe(one(first, 'message-id'));
    expect(one(first, 'message-id')).toBe(`<${candidateEvent().id}@example.com>`);
    expect(one(await headersOf([keyEvent('blocked')]), 'references')).toBe('<key.run@example.com>');
  });

  it('has the same id when it is sent again, and another with more behind the same first event', async () => {
    const idOf = async (events: [RunEvent, ...RunEvent[]]) =>
      one(readMail((await send({}, {}, events)).mails[0]!.raw).headers, 'message-id');
    const [first, ...rest] = quickRun();
    expect(await idOf(quickRun())).toBe(await idOf(quickRun()));
    expect(await idOf(quickRun())).not.toBe(await idOf([first]));
    expect(await idOf([first, rest[0]!])).toMatch(new RegExp(`^<${first.id}\\.[0-9a-f]{12}@example\\.com>$`));
  });

  it('is urgent when something is blocked', async () => {
    const { mails } = await send({}, {}, [keyEvent('blocked')]);
    expect(one(readMail(mails[0]!.raw).headers, 'importance')).toBe('High');
  });
});

describe('encryption', () => {
  it('is on by STARTTLS before anything is said', async () => {
    const { outcome, mails } = await send({ onAuth: welcome, authOptional: false }, { login: LOGIN });
    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect(mails).toMatchObject([{ user: 'watch', secure: true }]);
  });

  it('is on from the first byte when implicit', async () => {
    const { outcome, mails } = await send({ secure: true }, { tls: 'implicit' });
    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect(mails).toMatchObject([{ secure: true }]);
  });

  it('that the server does not offer holds the mail back', async () => {
    const { outcome, mails } = await send({ disabledCommands: ['STARTTLS'] });
    expect(outcome).toEqual({
      kind: 'retry',
      reason: expect.stringMatching(/^127\.0\.0\.1:\d+: it offers no encryption; tls: none would do without/),
    });
    expect(mails).toEqual([]);
  });

  it.each(['opportunistic', 'none'] as const)('is done without when asked for: %s', async (tls) => {
    const { outcome, mails } = await send({ disabledCommands: ['STARTTLS'] }, { tls });
    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect(mails).toMatchObject([{ secure: false }]);
  });

  it.each(['starttls', 'implicit'] as const)(
    'with a certificate nobody vouches for is none: %s',
    async (tls) => {
      distrust();
      const { outcome, mails } = await send({ ...certificate(), secure: tls === 'implicit' }, { tls });
      expect(outcome).toEqual({
        kind: 'retry',
        reason: expect.stringContaining('the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)'),
      });
      expect(mails).toEqual([]);
    },
  );
});

describe('a server that', () => {
  it.each<[string, MailServerOptions, DeliveryOutcome['kind'], RegExp]>([
    [
      'refuses the login',
      { onAuth: (_, __, done) => done(reply(535, '5.7.8 bad credentials')) },
      'retry',
      /refuses the login: check user and password: 535 5\.7\.8 bad/,
    ],
    [
      'has no time for logins',
      { onAuth: (_, __, done) => done(reply(454, '4.7.0 try later')) },
      'retry',
      /login/,
    ],
    [
      'puts the connection off',
      { onConnect: (_, done) => done(reply(421, 'too many')) },
      'retry',
      /421 too many/,
    ],
    [
      'refuses the connection',
      { onConnect: (_, done) => done(reply(554, 'no service for you')) },
      'retry',
      /554 no service/,
    ],
    [
      'puts the sender off',
      { onMailFrom: (_, __, done) => done(reply(451, 'later')) },
      'retry',
      /puts it off: 451 later/,
    ],
    [
      'refuses the sender',
      { onMailFrom: (_, __, done) => done(reply(553, 'not yours')) },
      'retry',
      /refuses the sender: check from: 553 not yours/,
    ],
    [
      'asks for a login',
      { onMailFrom: (_, __, done) => done(reply(530, 'login first')) },
      'retry',
      /refuses the login/,
    ],
    [
      'has no room for the message',
      { onMailFrom: (_, __, done) => done(reply(552, 'too big')) },
      'rejected',
      /refuses the message: 552 too big/,
    ],
    [
      'puts every recipient off',
      { onRcptTo: (_, __, done) => done(reply(450, 'greylisted')) },
      'retry',
      /takes it for no recipient now: 450 greylisted/,
    ],
    [
      'refuses every recipient',
      { onRcptTo: (_, __, done) => done(reply(550, 'no such user')) },
      'rejected',
      /refuses every recipient: 550 no such user/,
    ],
    [
      'relays for nobody it does not know',
      { onRcptTo: (_, __, done) => done(reply(554, '5.7.1 Relay access denied')) },
      'retry',
      /does not let us write there: check user and from: 554 5\.7\.1 Relay/,
    ],
    [
      'puts the message off',
      { afterData: (done) => done(reply(452, 'disk full')) },
      'retry',
      /puts it off: 452 disk full/,
    ],
    [
      'refuses the message',
      { afterData: (done) => done(reply(554, 'smells of spam')) },
      'rejected',
      /refuses the message: 554 smells of spam/,
    ],
  ])('%s', async (_, server, kind, reason) => {
    const { outcome } = await send(
      { authOptional: !server.onAuth, onAuth: welcome, ...server },
      { login: LOGIN, to: ['ana@example.org', 'bo@example.org'] },
    );
    expect(outcome).toEqual({ kind, reason: expect.stringMatching(reason) });
  });

  it('refuses some recipients has taken it, and names who is missing', async () => {
    const refused: unknown[] = [];
    const { outcome, mails } = await send(
      {
        onRcptTo: ({ address }, _, done) =>
          done(address.startsWith('bo@') ? reply(550, 'no such user') : null),
      },
      { to: ['ana@example.org', 'bo@example.org'], onRefused: (sent) => refused.push(...sent) },
    );
    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect(mails).toMatchObject([{ to: ['ana@example.org'] }]);
    expect(refused).toEqual([{ recipient: 'bo@example.org', reason: '550 no such user' }]);
  });

  it('puts some recipients off is asked again for those only, with the same mail to the same readers', async () => {
    const refused: unknown[] = [];
    let isOpen = false;
    const { port, taken } = await startMailServer({
      onRcptTo({ address }, _, done) {
        if (address.startsWith('bo@') && !isOpen) done(reply(450, '4.2.0 greylisted'));
        else done(address.startsWith('cy@') ? reply(550, 'no such user') : null);
      },
    });
    const to = ['ana@example.org', 'Bo <bo@example.org>', 'cy@example.org'];
    const sink = sinkTo(port, { to, onRefused: (sent) => refused.push(...sent) });

    const first = await sink.deliver(quickRun(), aContext());
    expect(first).toEqual({
      kind: 'retry',
      reason: expect.stringMatching(/puts off one recipient: 450 4\.2\.0 greylisted$/),
      remaining: ['bo@example.org'],
    });
    expect(refused).toEqual([{ recipient: 'cy@example.org', reason: '550 no such user' }]);

    isOpen = true;
    const again = { ...aContext(), attempt: 2, remaining: ['bo@example.org'] };
    expect(await sink.deliver(quickRun(), again)).toMatchObject({ kind: 'delivered' });
    expect(taken()).toMatchObject([{ to: ['ana@example.org'] }, { to: ['bo@example.org'] }]);
    const [before, after] = taken().map(({ raw }) => readMail(raw).headers);
    for (const name of ['message-id', 'to', 'subject']) expect(after?.get(name)).toEqual(before?.get(name));
  });

  it('has nobody left to write to, when who was put off is not configured any more', async () => {
    const { port, taken } = await startMailServer();
    const context = { ...aContext(), remaining: ['bo@example.org'] };
    expect(await sinkTo(port).deliver(quickRun(), context)).toEqual({
      kind: 'delivered',
      unsent: {
        eventIds: quickRun().map(({ id }) => id),
        why: 'nothing to send: the remaining recipients are not configured any more',
      },
    });
    expect(taken()).toEqual([]);
  });

  it('says the password back is not quoted', async () => {
    const said = `no ${LOGIN.password} ${Buffer.from(`\u0000watch\u0000${LOGIN.password}`).toString('base64')}`;
    for (const server of [
      {
        onAuth: (_: unknown, __: unknown, done: (error: Error) => void) => done(reply(535, said)),
        authOptional: false,
      },
      { onAuth: welcome, afterData: (done: (error: Error) => void) => done(reply(554, said)) },
    ]) {
      const { outcome } = await send(server, { login: LOGIN });
      expect(JSON.stringify(outcome)).toContain('no ***');
      expect(JSON.stringify(outcome)).not.toMatch(/canary|AHdhdGNo/);
    }
  });

  it('takes the message and never says so is tried again, with the same id', async () => {
    const { port, taken } = await startMailServer({ afterData: () => {} });
    const context = aContext();
    for (let n = 0; n < 2; n++) {
      // Long enough for a busy machine to get the message across.
      expect(await sinkTo(port, { timeoutMs: 1500 }).deliver(quickRun(), context)).toEqual({
        kind: 'retry',
        reason: `no answer from 127.0.0.1:${port} within 1500 ms`,
      });
    }
    const ids = taken().map(({ raw }) => one(readMail(raw).headers, 'message-id'));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it.each([
    ['never greets', () => {}, /no answer/],
    ['hangs up at once', (socket: Socket) => socket.destroy(), /connection/],
    ['speaks something else', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /./],
  ])('%s is tried again', async (_, onSocket, reason) => {
    const port = await listenRaw(onSocket);
    const outcome = await sinkTo(port, { timeoutMs: 1500 }).deliver(quickRun(), aContext());
    expect(outcome).toEqual({ kind: 'retry', reason: expect.stringMatching(reason) });
  });

  it('is not there is tried again', async () => {
    const { port, server } = await startMailServer();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    expect(await sinkTo(port).deliver(quickRun(), aContext())).toEqual({
      kind: 'retry',
      reason: `127.0.0.1:${port}: connection refused (ECONNREFUSED)`,
    });
  });

  it('has a name nobody knows is tried again', async () => {
    const outcome = await sinkTo(25, { host: 'mail.invalid' }).deliver(quickRun(), aContext());
    expect(outcome).toEqual({ kind: 'retry', reason: expect.stringMatching(/^mail\.invalid:25: host name/) });
  });
});

describe('a shutdown while the server is silent', () => {
  it.each(['at the greeting', 'after the message'])(
    'rejects at once and leaves no connection: %s',
    async (when) => {
      const opened: Socket[] = [];
      const port =
        when === 'at the greeting'
          ? await listenRaw((socket) => opened.push(socket))
          : (await startMailServer({ afterData: () => opened.push(...([{}] as Socket[])) })).port;
      const shutdown = new AbortController();
      const rejection = sinkTo(port, { timeoutMs: 60_000 })
        .deliver(quickRun(), aContext(shutdown.signal))
        .then(
          () => new Error('it did not reject'),
          (error: unknown) => error,
        );
      await eventually(() => opened.length > 0);
      const start = performance.now();
      shutdown.abort(new Error('shutdown'));
      expect(await rejection).toEqual(new Error('shutdown'));
      expect(performance.now() - start).toBeLessThan(5000);
      if (when === 'at the greeting') await eventually(() => opened[0]?.destroyed, { within: 20_000 });
    },
  );
});

describe('one sink', () => {
  it('sends one mail after the other', async () => {
    const { port, taken } = await startMailServer();
    const sink = sinkTo(port);
    await sendAll(sink, [candidateEvent()]);
    await sendAll(sink, [endingEvent()]);
    expect(taken()).toHaveLength(2);
    await sink.close();
  });
});

function welcome(_: unknown, __: unknown, done: (error: null, answer: { user: string }) => void): void {
  done(null, { user: 'watch' });
}

/** A port where `onSocket` is all that happens. */
async function listenRaw(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {}).resume();
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
