import { z } from 'zod';
import { hasCredentials } from '../../config/forms/mask-url.ts';
import { oneOf } from '../../config/forms/setting-kinds.ts';
import { WEBHOOK_SECRET, WEBHOOK_URL } from '../../config/forms/text-forms.ts';
import type { SinkSettings } from '../definition.ts';
import { groupForPrograms } from '../settings/group.ts';
import { hidden, hiddenAddress, hiddenValues, open, type Written } from '../settings/own-setting.ts';
import { ofReach, type ReachConfig, reach, toReach } from '../settings/reach.ts';
import { sinkSection } from '../settings/sink-base.ts';
import { extraHeaders, headerConflicts } from './headers.ts';

interface WebhookConfig extends ReachConfig {
  readonly url: string;
  /** Standard Webhooks secrets (`whsec_…`): none = unsigned, two = rotation, both signatures are sent. */
  readonly secrets: readonly string[];
  /** `json`: the event itself; `cloudevents`: within the envelope of CloudEvents 1.0. */
  readonly format: 'json' | 'cloudevents';
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

const section = sinkSection('webhook', 'One signed POST per event.', {
  group: groupForPrograms,
  url: WEBHOOK_URL.describe('Where events are posted.'),
  secret: z
    .union([WEBHOOK_SECRET, z.array(WEBHOOK_SECRET).min(1).max(2)], {
      error: 'a whsec_ secret, or a list of one or two for rotation',
    })
    .optional()
    .describe('Standard Webhooks secret that signs each message; two while it is being rotated.'),
  format: oneOf(['json', 'cloudevents'])
    .prefault('json')
    .describe('The event itself, or in the envelope of CloudEvents 1.0 (structured mode).'),
  headers: extraHeaders
    .optional()
    .describe('Further headers of each message; their values count as secrets.'),
  ...reach,
}).superRefine(({ headers = {}, url, format, template }, context) => {
  if (format === 'cloudevents' && template !== undefined) {
    context.addIssue({
      code: 'custom',
      path: ['template'],
      message: 'format: json where there is a template',
    });
  }
  for (const { name, allowed } of headerConflicts(headers, url)) {
    context.addIssue({ code: 'custom', path: ['headers', name], message: allowed });
  }
});

export const webhookSettings: SinkSettings<typeof section, WebhookConfig> = {
  section,
  toOwn(checked) {
    const { url, secret = [], format, headers = {} } = checked;
    const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    return {
      url,
      secrets: [secret].flat(),
      format,
      headers: Object.fromEntries(named),
      ...toReach(checked),
    };
  },
  own: {
    url: hiddenAddress(({ url }) => url, exposedBy),
    secret: hidden(({ secrets }) => (secrets.length > 1 ? secrets : (secrets[0] ?? null))),
    format: open(({ format }) => format),
    headers: hiddenValues(({ headers }) => headers),
    ...ofReach,
  },
};

/** Headers of the operator's own may hold a token. */
function exposedBy({ url, headers }: Written): string | null {
  if (hasCredentials(url)) return 'the credentials in it travel with each message';
  const isSet = typeof headers === 'object' && headers !== null && Object.keys(headers).length > 0;
  return isSet && !Array.isArray(headers) ? 'the headers travel with each message' : null;
}
