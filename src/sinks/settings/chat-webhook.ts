import { SECRET_URL } from '../../config/forms/text-forms.ts';
import type { groupForPeople } from './group.ts';
import { hiddenAddress } from './own-setting.ts';
import { ofPeople, people, type PeopleConfig, toPeople } from './people.ts';
import { sinkSection } from './sink-base.ts';
import type { UsualRate } from './usual-rate.ts';

interface ChatWebhookConfig extends PeopleConfig {
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
    section: sinkSection(type, does, { group, url: SECRET_URL.describe(url), ...people }),
    toOwn: (checked: { url: string } & Parameters<typeof toPeople>[0]): ChatWebhookConfig => ({
      url: checked.url,
      ...toPeople(checked),
    }),
    own: { url: hiddenAddress<ChatWebhookConfig>(({ url: address }) => address), ...ofPeople },
    usualRate,
  };
}
