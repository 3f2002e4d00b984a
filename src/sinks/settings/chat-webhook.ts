import { address } from '../../config/forms/setting.ts';
import { SECRET_URL } from '../../config/forms/text-forms.ts';
import type { groupForPeople } from './group.ts';
import { people } from './people.ts';
import { sinkSettings } from './sink-settings.ts';
import type { UsualRate } from './usual-rate.ts';

/** The settings of a chat service that takes messages at a webhook. `does` and `url` describe the type and the address. */
export function chatWebhook<const Type extends string>(
  type: Type,
  {
    url,
    ...rest
  }: {
    does: string;
    group: ReturnType<typeof groupForPeople>;
    url: string;
    usualRate: UsualRate<{ url: string }>;
  },
) {
  const sample = `\${${type.toUpperCase()}_WEBHOOK_URL}`;
  return sinkSettings(type, { ...rest, own: { url: address(SECRET_URL, url, { sample }), ...people } });
}
