import { z } from 'zod';
import { hasCredentials } from '../../config/forms/mask-url.ts';
import { address, hidden, open, type Written } from '../../config/forms/setting.ts';
import { oneOf } from '../../config/forms/setting-kinds.ts';
import { WEBHOOK_SECRET, WEBHOOK_URL } from '../../config/forms/text-forms.ts';
import { groupForPrograms } from '../settings/group.ts';
import { reach } from '../settings/reach.ts';
import { sinkSettings } from '../settings/sink-settings.ts';
import { extraHeaders, headerConflicts } from './headers.ts';

/** None: unsigned. Two: rotation, both signatures are sent. */
const SECRETS = z.codec(
  z
    .union([WEBHOOK_SECRET, z.array(WEBHOOK_SECRET).min(1).max(2)], {
      error: 'a whsec_ secret, or a list of one or two for rotation',
    })
    .optional(),
  z.custom<string[]>(),
  {
    decode: (secret = []) => [secret].flat(),
    encode: (secrets) => (secrets.length > 1 ? secrets : secrets[0]),
  },
);

const HEADERS = z.codec(extraHeaders.optional(), z.custom<Record<string, string>>(), {
  decode: (headers = {}) => headers,
  encode: (headers) => headers,
});

export const webhookSettings = sinkSettings('webhook', {
  does: 'One signed POST per event.',
  group: groupForPrograms,
  own: {
    url: address(WEBHOOK_URL, 'Where events are posted.', {
      exposes: exposedBy,
      env: 'FINDALL_WATCH_WEBHOOK_URL',
    }),
    secret: hidden(
      SECRETS,
      'Standard Webhooks secret that signs each message; two while it is being rotated.',
      { env: 'FINDALL_WATCH_WEBHOOK_SECRET', commas: true, usual: 'none: unsigned' },
    ),
    format: open(
      oneOf(['json', 'cloudevents']).prefault('json'),
      'The event itself, or in the envelope of CloudEvents 1.0 (structured mode).',
    ),
    headers: hidden(HEADERS, 'Further headers of each message; their values count as secrets.', {
      sample: '{ Authorization: "Bearer ${WEBHOOK_TOKEN}" }',
    }),
    ...reach,
  },
  check({ headers, url, format, template }, context) {
    if (format === 'cloudevents' && template !== null) {
      context.addIssue({
        code: 'custom',
        path: ['template'],
        message: 'format: json where there is a template',
      });
    }
    for (const { name, allowed } of headerConflicts(headers, url)) {
      context.addIssue({ code: 'custom', path: ['headers', name], message: allowed });
    }
  },
});

/** Headers of the operator's own may hold a token. */
function exposedBy({ url, headers }: Written): string | null {
  if (hasCredentials(url)) return 'the credentials in it travel with each message';
  const isSet = typeof headers === 'object' && headers !== null && Object.keys(headers).length > 0;
  return isSet && !Array.isArray(headers) ? 'the headers travel with each message' : null;
}
