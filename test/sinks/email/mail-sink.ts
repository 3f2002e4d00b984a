import { systemClock } from '../../../src/clock.ts';
import { createEmailSink, type EmailSinkOptions } from '../../../src/sinks/email/email-sink.ts';
import { MESSAGES } from '../packed.ts';

const FROM = 'FindAll <watch@example.com>';

/** A sink that sends to a mail server on this machine, by STARTTLS and without a login. */
export function sinkTo(port: number, more: Partial<EmailSinkOptions> = {}) {
  return createEmailSink({
    name: 'mail',
    host: '127.0.0.1',
    port,
    tls: 'starttls',
    login: null,
    from: FROM,
    to: ['ana@example.org'],
    proxy: null,
    ...MESSAGES,
    timeoutMs: 5000,
    clock: systemClock,
    onRefused: () => {},
    ...more,
  });
}
