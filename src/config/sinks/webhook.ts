import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { maskUrl } from '../mask-url.ts';
import { map } from '../setting-kinds.ts';
import { WEBHOOK_SECRET, WEBHOOK_URL } from '../text-forms.ts';
import { MASK, type ShownSetting } from './shown-setting.ts';
import { type SinkBase, sinkBase, timeout, toSinkBase } from './sink-base.ts';

/** `type: webhook` */
export interface WebhookSinkConfig extends SinkBase {
  readonly type: 'webhook';
  readonly url: string;
  /** Standard Webhooks secrets (`whsec_…`): none = unsigned, two = rotation, both signatures are sent. */
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
}

export const webhookSection = map({
  type: z.literal('webhook').describe('One signed POST per event.'),
  ...sinkBase,
  url: WEBHOOK_URL.describe('Where events are posted.'),
  secret: z
    .union([WEBHOOK_SECRET, z.array(WEBHOOK_SECRET).min(1).max(2)], {
      error: 'a whsec_ secret, or a list of one or two for rotation',
    })
    .optional()
    .describe('Standard Webhooks secret that signs each message; two while it is being rotated.'),
  timeout,
});

export function toWebhookSink(checked: z.output<typeof webhookSection>): WebhookSinkConfig {
  const { url, secret } = checked;
  const secrets = secret === undefined ? [] : [secret].flat();
  return { ...toSinkBase(checked), type: 'webhook', url, secrets, timeoutMs: checked.timeout };
}

/** For `check`. */
export function webhookSettings({ url, secrets, timeoutMs }: WebhookSinkConfig): ShownSetting[] {
  const masked = secrets.map(() => MASK);
  const [only = null] = masked;
  return [
    ['url', maskUrl(url)],
    ['secret', masked.length > 1 ? masked : only],
    ['timeout', formatDuration(timeoutMs)],
  ];
}
