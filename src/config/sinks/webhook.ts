import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { maskPath } from '../mask-url.ts';
import { map, oneOf } from '../setting-kinds.ts';
import { WEBHOOK_SECRET, WEBHOOK_URL } from '../text-forms.ts';
import { groupForPrograms } from './group.ts';
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
import { extraHeaders, headerConflicts } from './webhook-headers.ts';

/** `type: webhook` */
export interface WebhookSinkConfig extends SinkBase {
  readonly type: 'webhook';
  readonly url: string;
  /** Standard Webhooks secrets (`whsec_…`): none = unsigned, two = rotation, both signatures are sent. */
  readonly secrets: readonly string[];
  /** `json`: the event itself; `cloudevents`: within the envelope of CloudEvents 1.0. */
  readonly format: 'json' | 'cloudevents';
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: string | null;
  readonly allowPlainHttp: boolean;
  readonly timeoutMs: number;
}

export const webhookSection = map({
  type: z.literal('webhook').describe('One signed POST per event.'),
  ...sinkBase,
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
  proxy,
  allowPlainHttp,
  timeout,
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

export function toWebhookSink(checked: z.output<typeof webhookSection>): WebhookSinkConfig {
  const { url, secret, format, headers = {} } = checked;
  const secrets = secret === undefined ? [] : [secret].flat();
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    ...toSinkBase(checked),
    type: 'webhook',
    url,
    secrets,
    format,
    headers: Object.fromEntries(named),
    proxy: checked.proxy ?? null,
    allowPlainHttp: checked.allowPlainHttp,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. */
export function webhookSettings(sink: WebhookSinkConfig): ShownSetting[] {
  const { url, secrets, format, headers, timeoutMs } = sink;
  const masked = secrets.map(() => MASK);
  const [only = null] = masked;
  return [
    ['url', maskPath(url)],
    ['secret', masked.length > 1 ? masked : only],
    ['format', format],
    ...Object.keys(headers).map((name): ShownSetting => [`headers.${name}`, MASK]),
    ...shownProxy(sink),
    ['timeout', formatDuration(timeoutMs)],
  ];
}
