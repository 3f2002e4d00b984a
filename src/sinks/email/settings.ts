import { z } from 'zod';
import { hidden, open, orNull } from '../../config/forms/setting.ts';
import { oneOf, pasted, text, wholeNumber } from '../../config/forms/setting-kinds.ts';
import { LOOPBACK } from '../../config/forms/text-forms.ts';
import { groupForPeople } from '../settings/group.ts';
import { people } from '../settings/people.ts';
import { sinkSettings } from '../settings/sink-settings.ts';

const TLS = ['implicit', 'starttls', 'opportunistic', 'none'] as const;

/** Both go into headers and commands: one address, nothing that ends a line or begins another address. */
const ADDRESS = text(
  'one mail address, like alerts@example.com or FindAll <alerts@example.com>',
  /^(?:[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+|[^\p{Cc}@<>,;:"()[\]\\]*<[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+>)$/u,
);

const HOST = pasted('a host name or an IP address', /^[A-Za-z0-9.:_-]{1,253}$/);
const USER = text('text without line breaks', /^[^\r\n\0]{1,512}$/);

const MOST_RECIPIENTS = 50;

const RECIPIENTS = z.codec(
  z.union([ADDRESS, z.array(ADDRESS).min(1).max(MOST_RECIPIENTS)], {
    error: `a mail address, or a list of 1 to ${MOST_RECIPIENTS}`,
  }),
  z.custom<string[]>(),
  { decode: (to) => [to].flat(), encode: (to) => to },
);

export const emailSettings = sinkSettings('email', {
  does: 'Mail over SMTP, one thread a run.',
  group: groupForPeople({ wait: '30s' }),
  own: {
    host: open(HOST, 'The mail server.', { sample: '${SMTP_HOST}' }),
    port: open(
      orNull(wholeNumber(1, 65_535)),
      'Port of the mail server. Default: 465 with tls: implicit, else 587.',
      {
        usual: '465 if implicit, else 587',
        sample: '587',
      },
    ),
    tls: open(
      orNull(oneOf(TLS)),
      'implicit (from the first byte), starttls (upgraded or not sent), opportunistic, none. Default: implicit on port 465, else starttls.',
      { usual: 'implicit on 465, else starttls', sample: 'starttls' },
    ),
    user: open(orNull(USER), 'User name, for servers that need a login.', {
      sample: '${SMTP_USER}',
      suggested: true,
    }),
    password: hidden(orNull(USER), 'Password of that user.', {
      sample: '${SMTP_PASSWORD}',
      suggested: true,
    }),
    from: open(ADDRESS, 'Sender.', { sample: '${MAIL_FROM}' }),
    to: open(RECIPIENTS, 'Recipient, or a list. Each sees the addresses of the others.', {
      sample: '${MAIL_TO}',
    }),
    ...people,
  },
  check({ host, tls, user, password }, context) {
    const refuse = (key: string, message: string) => {
      context.addIssue({ code: 'custom', path: [key], message });
    };
    if ((user === null) !== (password === null)) {
      const [missing, given] =
        user === null ? (['user', 'password'] as const) : (['password', 'user'] as const);
      refuse(missing, `set together with ${given}`);
    }
    const isOpen = tls === 'none' || tls === 'opportunistic';
    if (isOpen && password !== null && !LOOPBACK.test(host)) {
      refuse('tls', 'implicit or starttls where a password is sent to another machine');
    }
  },
  resolve({ port, tls: wanted }) {
    const tls = wanted ?? (port === 465 ? 'implicit' : 'starttls');
    return { tls, port: port ?? (tls === 'implicit' ? 465 : 587) };
  },
});
