import type { NodemailerError } from 'nodemailer';
import { describeProxyFailure } from '../../http/network-failure.ts';
import { quoteAnswer } from '../../http/quote-answer.ts';
import type { DeliveryOutcome } from '../../deliver/sink.ts';

/** Replies that ask for credentials or refuse them (RFC 4954 §6), after any command. */
const ASKING_FOR_LOGIN = new Set([530, 534, 535, 538]);

/** RFC 3463 §3.8: the sender is refused, not the recipient (a relay that wants a login). */
const NOT_AUTHORIZED = /^5\d\d[ -]5\.7\./;

/**
 * What a failed attempt means. What somebody may fix without a word to us (credentials, the sender's address, TLS)
 * passes, like a server that is away; only a message is rejected for good, and one that no recipient will take.
 *
 * - 4xx, connection, TLS, timeout: retry
 * - 530, 534, 535, 538 or a failed login: retry
 * - 5xx to MAIL FROM: retry, for it is about `from` and not about the message; 552 (its size) rejects
 * - 5xx with 5.7.x to RCPT TO: retry, for it is about us
 * - any other 5xx to every RCPT TO, to DATA or to the message: rejected
 *
 * `there` is the server with the proxy before it: what went wrong without a word of the server may be the proxy's.
 */
export function smtpOutcome(
  error: NodemailerError,
  { server, there, secrets }: { server: string; there: string; secrets: readonly string[] },
): Extract<DeliveryOutcome, { kind: 'retry' | 'rejected' }> {
  const said = sayer(secrets);
  const { code, command = '', responseCode = 0 } = error;
  if (code === 'EAUTH' || code === 'ENOAUTH' || ASKING_FOR_LOGIN.has(responseCode)) {
    return { kind: 'retry', reason: `${server} refuses the login: check user and password${said(error)}` };
  }
  if (code === 'ETLS') return { kind: 'retry', reason: `${there}: ${tlsFailure(error)}${said(error)}` };
  const isFinal = responseCode >= 500;
  if (command === 'RCPT TO') {
    const errors = error.rejectedErrors ?? [error];
    const passing = errors.find((one) => (one.responseCode ?? 0) < 500);
    if (passing) return { kind: 'retry', reason: `${server} takes it for no recipient now${said(passing)}` };
    const denied = errors.find(({ response = '' }) => NOT_AUTHORIZED.test(response));
    return denied
      ? { kind: 'retry', reason: `${server} does not let us write there: check user and from${said(denied)}` }
      : { kind: 'rejected', reason: `${server} refuses every recipient${said(error)}` };
  }
  if (command === 'MAIL FROM' && isFinal && responseCode !== 552) {
    return { kind: 'retry', reason: `${server} refuses the sender: check from${said(error)}` };
  }
  const isAboutMessage = command === 'DATA' || command === 'MAIL FROM';
  if (isAboutMessage && isFinal) {
    return { kind: 'rejected', reason: `${server} refuses the message${said(error)}` };
  }
  if (code === 'EMESSAGE' && responseCode === 0) {
    return { kind: 'rejected', reason: `${server} does not take messages of this size` };
  }
  if (responseCode > 0) return { kind: 'retry', reason: `${server} puts it off${said(error)}` };
  return { kind: 'retry', reason: `${there}: ${describeFailure(error)}` };
}

/**
 * Of a mail that the server took for some recipients: who is refused for good (5xx), with the server's words, for the log; and
 * the outcome when others are put off (4xx): to be tried again for those only.
 */
export function sortRefusals(
  errors: readonly NodemailerError[],
  { server, secrets }: { server: string; secrets: readonly string[] },
): { refused: { recipient: string; reason: string }[]; putOff: DeliveryOutcome | null } {
  const said = sayer(secrets);
  const { final = [], passing = [] } = Object.groupBy(errors, ({ responseCode = 0 }) =>
    responseCode >= 500 ? 'final' : 'passing',
  );
  const refused = final.map((error) => ({
    recipient: error.recipient ?? 'unknown',
    reason: said(error).replace(/^: /, ''),
  }));
  const remaining = passing.flatMap(({ recipient }) => recipient ?? []);
  const [first] = passing;
  if (first === undefined || remaining.length === 0) return { refused, putOff: null };
  const who = remaining.length === 1 ? 'one recipient' : `${remaining.length} recipients`;
  return {
    refused,
    putOff: { kind: 'retry', reason: `${server} puts off ${who}${said(first)}`, remaining },
  };
}

/** The server's reply as ": text", cleaned, cut, and without what was sent to it in confidence. */
function sayer(secrets: readonly string[]): (error: NodemailerError) => string {
  return ({ response }) => {
    if (typeof response !== 'string' || response === '') return '';
    return `: ${quoteAnswer(response, secrets)}`;
  };
}

function tlsFailure(error: NodemailerError): string {
  return error.response === undefined
    ? `no encrypted connection: ${describeFailure(error)}`
    : 'it offers no encryption; tls: none would do without';
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNECTION: 'the connection was closed',
  ESOCKET: 'network failure',
  EDNS: 'host name not found',
  ETLS: 'TLS failed',
  EPROTOCOL: 'an answer that is not SMTP',
};

function describeFailure(error: NodemailerError): string {
  const code = error.originalCode ?? error.code ?? '';
  const word = WORDS[code];
  if (word !== undefined) return `${word} (${code})`;
  return describeProxyFailure(
    code === error.code || code === '' ? error : Object.assign(new Error('smtp'), { code }),
  );
}
