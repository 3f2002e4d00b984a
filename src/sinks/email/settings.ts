import { z } from 'zod';
import { oneOf, pasted, text, wholeNumber } from '../../config/forms/setting-kinds.ts';
import { LOOPBACK } from '../../config/forms/text-forms.ts';
import type { SinkSettings } from '../definition.ts';
import { groupForPeople } from '../settings/group.ts';
import { hidden, open } from '../settings/own-setting.ts';
import { ofPeople, people, type PeopleConfig, toPeople } from '../settings/people.ts';
import { sinkSection } from '../settings/sink-base.ts';

interface EmailConfig extends PeopleConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: (typeof TLS)[number];
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly from: string;
  readonly to: readonly string[];
}

const TLS = ['implicit', 'starttls', 'opportunistic', 'none'] as const;

/** Both go into headers and commands: one address, nothing that ends a line or begins another address. */
const ADDRESS = text(
  'one mail address, like alerts@example.com or FindAll <alerts@example.com>',
  /^(?:[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+|[^\p{Cc}@<>,;:"()[\]\\]*<[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+>)$/u,
);

const HOST = pasted('a host name or an IP address', /^[A-Za-z0-9.:_-]{1,253}$/);
const USER = text('text without line breaks', /^[^\r\n\0]{1,512}$/);

const MOST_RECIPIENTS = 50;

const section = sinkSection('email', 'Mail over SMTP, one thread a run.', {
  group: groupForPeople({ wait: '30s' }),
  host: HOST.describe('The mail server that takes it.'),
  port: wholeNumber(1, 65_535).optional().describe('Its port. Default: 465 with tls: implicit, else 587.'),
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
  ...people,
}).superRefine((sink, context) => {
  const refuse = (key: string, message: string) => {
    context.addIssue({ code: 'custom', path: [key], message });
  };
  if ((sink.user === undefined) !== (sink.password === undefined)) {
    const [missing, given] = sink.user === undefined ? ['user', 'password'] : ['password', 'user'];
    refuse(missing ?? '', `set together with ${given ?? ''}`);
  }
  const isOpen = sink.tls === 'none' || sink.tls === 'opportunistic';
  if (isOpen && sink.password !== undefined && !LOOPBACK.test(sink.host)) {
    refuse('tls', 'implicit or starttls where a password is sent to another machine');
  }
});

export const emailSettings: SinkSettings<typeof section, EmailConfig> = {
  section,
  toOwn(checked) {
    const { host, user, password, from, to } = checked;
    const tls = checked.tls ?? (checked.port === 465 ? 'implicit' : 'starttls');
    return {
      host,
      port: checked.port ?? (tls === 'implicit' ? 465 : 587),
      tls,
      login: user === undefined || password === undefined ? null : { user, password },
      from,
      to: [to].flat(),
      ...toPeople(checked),
    };
  },
  own: {
    host: open(({ host }) => host),
    port: open(({ port }) => port),
    tls: open(({ tls }) => tls),
    user: open(({ login }) => login?.user ?? null),
    password: hidden(({ login }) => login?.password ?? null),
    from: open(({ from }) => from),
    to: open(({ to }) => to),
    ...ofPeople,
  },
};
