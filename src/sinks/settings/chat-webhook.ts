import { SECRET_URL } from '../../config/text-forms.ts';
import type { groupForPeople } from './group.ts';
import { hiddenAddress } from './own-setting.ts';
import { ofReach, type ReachConfig, reach, toReach } from './reach.ts';
import { sinkSection } from './sink-base.ts';
import type { UsualRate } from './usual-rate.ts';

interface ChatWebhookConfig extends ReachConfig {
  /** Itself the secret. */
  readonly url: string;
}

/** The settings of a chat service that takes messages at a webhook. `does` and `url` describe the type and the address. */
export function chatWebhook<const Type extends string>(
  type: Type,
  {
    does,
    group,
    url,
    usualRate,
  }: {
    does: string;
    group: ReturnType<typeof groupForPeople>;
    url: string;
    usualRate: UsualRate<{ url: string }>;
  },
) {
  return {
    section: sinkSection(type, does, { group, url: SECRET_URL.describe(url), ...reach }),
    toOwn: (checked: { url: string } & Parameters<typeof toReach>[0]): ChatWebhookConfig => ({
      url: checked.url,
      ...toReach(checked),
    }),
    own: { url: hiddenAddress<ChatWebhookConfig>(({ url: address }) => address), ...ofReach },
    usualRate,
  };
}
