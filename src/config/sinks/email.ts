import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { map, oneOf, text, wholeNumber } from '../setting-kinds.ts';
import { LOOPBACK } from '../text-forms.ts';
import { groupForPeople } from './group.ts';
import { MASK, type ShownSetting } from './shown-setting.ts';
import {
  allowPlainHttp,
  proxy,
  type SinkBase,
  shownProxy,
  sinkBase,
  timeout,
  toSinkBase,
} from './sink-base.ts';

/** `type: email` */
export interface EmailSinkConfig extends SinkBase {
  readonly type: 'email';
  readonly host: string;
  readonly port: number;
  readonly tls: Tls;
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly proxy: string | null;
  readonly allowPlainHttp: boolean;
  readonly timeoutMs: number;
}

const TLS = ['implicit', 'starttls', 'opportunistic', 'none'] as const;
type Tls = (typeof TLS)[number];

/** Both go into headers and commands: one address, nothing that ends a line or begins another address. */
const ADDRESS = text(
  'one mail address, like alerts@example.com or FindAll <alerts@example.com>',
  /^(?:[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+|[^\p{Cc}@<>,;:"()[\]\\]*<[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+>)$/u,
);

const HOST = text('a host name or an IP address', /^[A-Za-z0-9.:_-]{1,253}$/);
const USER = text('text without line breaks', /^[^\r\n\0]{1,512}$/);

const MOST_RECIPIENTS = 50;

export const emailSection = map({
  type: z.literal('email').describe('Mail over SMTP, one thread a run.'),
  ...sinkBase,
  group: groupForPeople({ wait: '30s' }),
  host: HOST.describe('The mail server that takes it.'),
  port: wholeNumber(1, 65_535)
    .optional()
    .describe('Its port: 465 with tls: implicit, else 587, unless told.'),
  tls: oneOf(TLS)
    .optional()
    .describe(
      'implicit (from the first byte), starttls (upgraded or not sent), opportunistic, none. Default: implicit on port 465, else starttls.',
    ),
  user: USER.optional().describe('For servers that want a login.'),
  password: USER.optional().describe('Of that user.'),
  from: ADDRESS.describe('Sender.'),
  to: z
    .union([ADDRESS, z.array(ADDRESS).min(1).max(MOST_RECIPIENTS)], {
      error: `a mail address, or a list of 1 to ${MOST_RECIPIENTS}`,
    })
    .describe('Recipient, or a list; they see each other.'),
  proxy,
  allowPlainHttp,
  timeout,
}).superRefine((sink, context) => {
  const tell = (key: string, message: string) => {
    context.addIssue({ code: 'custom', path: [key], message });
  };
  if ((sink.user === undefined) !== (sink.password === undefined)) {
    const [missing, given] = sink.user === undefined ? ['user', 'password'] : ['password', 'user'];
    tell(missing ?? '', `set together with ${given ?? ''}`);
  }
  const isOpen = sink.tls === 'none' || sink.tls === 'opportunistic';
  if (isOpen && sink.password !== undefined && !LOOPBACK.test(sink.host)) {
    tell('tls', 'implicit or starttls where a password is sent to another machine');
  }
});

export function toEmailSink(checked: z.output<typeof emailSection>): EmailSinkConfig {
  const { host, user, password, from, to } = checked;
  const tls = checked.tls ?? (checked.port === 465 ? 'implicit' : 'starttls');
  return {
    ...toSinkBase(checked),
    type: 'email',
    host,
    port: checked.port ?? (tls === 'implicit' ? 465 : 587),
    tls,
    login: user === undefined || password === undefined ? null : { user, password },
    from,
    to: [to].flat(),
    proxy: checked.proxy ?? null,
    allowPlainHttp: checked.allowPlainHttp,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. */
export function emailSettings(sink: EmailSinkConfig): ShownSetting[] {
  const { host, port, tls, login, from, to, timeoutMs } = sink;
  return [
    ['host', host],
    ['port', port],
    ['tls', tls],
    ['user', login?.user ?? null],
    ['password', login === null ? null : MASK],
    ['from', from],
    ['to', to],
    ...shownProxy(sink),
    ['timeout', formatDuration(timeoutMs)],
  ];
}
