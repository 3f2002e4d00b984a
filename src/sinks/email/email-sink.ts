import { domainToASCII } from 'node:url';
import type { NodemailerError, SMTPTransportOptions } from 'nodemailer';
import type { Clock } from '../../clock.ts';
import { digest } from '../../diff/content-digest.ts';
import { loadLazily, NotLoaded } from '../../system/load-lazily.ts';
import type { RunEvent } from '../../run-event.ts';
import { cleanText } from '../../text/clean-text.ts';
import { orAborted } from '../../http/deadline.ts';
import { quoteAnswer } from '../../http/quote-answer.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import { createMessageSink, type MessageOptions } from '../kit/deliver.ts';
import type { Message } from '../kit/message.ts';
import type { Packed } from '../kit/pack.ts';
import { type MailBody, mailDialect } from './email-body.ts';
import { createMailTunnel, type MailTunnel } from './mail-tunnel.ts';
import { smtpOutcome, sortRefusals } from './smtp-outcome.ts';

export interface EmailSinkOptions extends MessageOptions {
  host: string;
  port: number;
  /**
   * `implicit`: TLS from the first byte; `starttls`: upgraded, or nothing is sent; `opportunistic`: upgraded if the
   * server can; `none`: in the clear.
   */
  tls: 'implicit' | 'starttls' | 'opportunistic' | 'none';
  /** Null: the server takes mail without. */
  login: { user: string; password: string } | null;
  from: string;
  to: readonly string[];
  /** URL of an HTTP proxy that lets CONNECT through to the server's port; null for none. */
  proxy: string | null;
  /** Deadline over the whole conversation. */
  timeoutMs: number;
  clock: Clock;
  /** Called when a mail went out to some of its recipients only. */
  onRefused(refused: { recipient: string; reason: string }[]): void;
}

/**
 * Sends the events of a group as mails. All mails of a run are one thread. Recipients that the server puts off while it
 * accepts the mail for others are tried again, alone; recipients that it rejects are only reported.
 */
export function createEmailSink(options: EmailSinkOptions): Sink {
  const { host, port, timeoutMs, login, proxy, onRefused } = options;
  const server = `${host}:${port}`;
  const tunnel = proxy === null ? null : createMailTunnel(proxy, { host, port, timeoutMs });
  const there = tunnel === null ? server : `${server} through the proxy ${tunnel.origin}`;
  const secrets = [...(login === null ? [] : spellings(login)), ...(tunnel?.secrets ?? [])];
  const transport = loadLazily(() => openTransport(transportOptions(options, tunnel)));
  const failure = (error: unknown, signal: AbortSignal, deadline: AbortSignal) => {
    signal.throwIfAborted();
    if (deadline.aborted) return retry(`no answer from ${there} within ${timeoutMs} ms`);
    if (error instanceof NotLoaded) return retry(error.message);
    return smtpOutcome(error as NodemailerError, { server, there, secrets });
  };
  return createMessageSink(options, {
    dialect: mailDialect,
    concurrency: 2,
    async send(packed, events, { signal, remaining = null }) {
      const left = remaining === null ? null : stillConfigured(remaining, options.to);
      if (left?.length === 0) return nothingLeft(events);
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const info = await (await transport.get()).sendMail({
          ...mailOf(packed, events, options),
          ...(left === null ? {} : { envelope: { from: options.from, to: left } }),
          signal: AbortSignal.any([signal, deadline]),
        });
        const { refused, putOff } = sortRefusals(info.rejectedErrors ?? [], { server, secrets });
        if (refused.length > 0) onRefused(refused);
        return putOff ?? { kind: 'delivered', answer: quoteAnswer(info.response, secrets) };
      } catch (error) {
        return failure(error, signal, deadline);
      }
    },
    async probe(signal) {
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        await orAborted((await transport.get()).verify(), AbortSignal.any([signal, deadline]));
        const taken = login === null ? 'answers' : 'accepts the login';
        return { kind: 'reached', answer: `${there} ${taken}` };
      } catch (error) {
        return { kind: 'failed', reason: failure(error, signal, deadline).reason };
      }
    },
    async close() {
      tunnel?.close();
      (await transport.loaded())?.close();
    },
  });
}

function retry(reason: string) {
  return { kind: 'retry', reason } as const;
}

/** Who was taken out of the configuration meanwhile gets nothing more. */
function stillConfigured(remaining: readonly string[], to: readonly string[]): string[] {
  const configured = new Set(to.map(addressOf));
  return remaining.filter((recipient) => configured.has(addressOf(recipient)));
}

/** The address of `Name <address>`, as a server says it back: with the domain in ASCII. */
function addressOf(recipient: string): string {
  const address = /<([^<>]+)>\s*$/.exec(recipient)?.[1] ?? recipient.trim();
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at + 1)}${domainToASCII(address.slice(at + 1))}`;
}

function nothingLeft(events: readonly RunEvent[]): DeliveryOutcome {
  const why = 'nothing to send: the remaining recipients are not configured any more';
  return { kind: 'delivered', unsent: { eventIds: events.map(({ id }) => id), why } };
}

/** Loaded for the first mail: it takes longer than the rest of a start that needs none. */
async function openTransport(how: SMTPTransportOptions) {
  const { createTransport } = await import('nodemailer');
  return createTransport(how);
}

function transportOptions(
  { host, port, tls, login, timeoutMs }: EmailSinkOptions,
  tunnel: MailTunnel | null,
): SMTPTransportOptions {
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    opportunisticTLS: tls === 'opportunistic',
    ignoreTLS: tls === 'none',
    ...(login === null ? {} : { auth: { user: login.user, pass: login.password } }),
    ...(tunnel === null ? {} : { getSocket: (_, done) => tunnel.open(done) }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // Long enough for QUIT, too short to delay our own end.
    socketCloseTimeout: 1000,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function mailOf(
  { message, rendered }: Packed<MailBody>,
  [first]: readonly RunEvent[],
  { from, to, clock }: EmailSinkOptions,
) {
  const domain = domainOf(from);
  const root = `<${threadOf(first)}.run@${domain}>`;
  return {
    from,
    to: [...to],
    // The same over the run: Gmail starts a new thread when it changes. The headline is the first line of the body.
    subject: subjectOf(message, first),
    date: new Date(clock.now()),
    messageId: `<${mailId(message.eventIds)}@${domain}>`,
    inReplyTo: root,
    references: root,
    ...(message.tone === 'alarm' ? { priority: 'high' as const } : {}),
    headers: {
      'X-Findall-Event-Ids': message.shownIds.join(' '),
      ...(message.findallId === null ? {} : { 'X-Findall-Run-Id': message.findallId }),
      // RFC 3834: nobody's absence note answers this.
      'Auto-Submitted': 'auto-generated',
    },
    ...rendered,
  };
}

function subjectOf({ findallId, runName }: Message, event: RunEvent | undefined): string {
  if (findallId !== null) return `FindAll: ${runName}`;
  const sink = event?.data.sink;
  return typeof sink === 'string' ? `FindAll: sink ${cleanText(sink, 100)}` : 'FindAll: API key';
}

/** What a thread is about. A sink's name may hold what no id may. */
function threadOf(event: RunEvent | undefined): string {
  const sink = event?.data.sink;
  return event?.findall_id ?? (typeof sink === 'string' ? `sink-${digest(sink).slice(0, 12)}` : 'key');
}

/**
 * The same events make the same id, so that a mail that had to be sent twice can be shown once; a mail with other events
 * behind the same first one must not be taken for it.
 */
function mailId([first = '', ...rest]: readonly string[]): string {
  return rest.length === 0 ? first : `${first}.${digest(rest.join(' ')).slice(0, 12)}`;
}

function domainOf(address: string): string {
  return /@([^\s@<>]+?)>?$/.exec(address.trim())?.[1] ?? 'findall-watch.invalid';
}

/** The password in each form that goes over the wire, and that a server might say back. */
function spellings({ user, password }: { user: string; password: string }): string[] {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return [password, base64(password), base64(`\u0000${user}\u0000${password}`)];
}
