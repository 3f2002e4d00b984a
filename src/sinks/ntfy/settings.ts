import { hasCredentials } from '../../config/forms/mask-url.ts';
import { pasted } from '../../config/forms/setting-kinds.ts';
import type { SinkSettings } from '../definition.ts';
import { groupForPeople } from '../settings/group.ts';
import { hidden, hiddenAddress } from '../settings/own-setting.ts';
import { ofPeople, people, type PeopleConfig, toPeople } from '../settings/people.ts';
import { sinkSection } from '../settings/sink-base.ts';
import { rateAt } from '../settings/usual-rate.ts';

interface NtfyConfig extends PeopleConfig {
  readonly url: string;
  readonly token: string | null;
}

const TOPIC = /\/[-\w]{1,64}\/?$/;

const TOPIC_URL = pasted(
  'the http or https URL of a topic (https://ntfy.sh/my-topic), whose name is letters, digits, _ or -, at most 64',
  /^https?:\/\//,
  (url) => URL.canParse(url) && TOPIC.test(new URL(url).pathname),
);

/** Goes into a header: visible ASCII only. */
const TOKEN = pasted('an access token of ntfy, without spaces or line breaks', /^[\x21-\x7e]{1,512}$/);

const ONE_OF_BOTH = 'a token, or credentials in the URL, not both';

const section = sinkSection('ntfy', 'Push notifications through ntfy.', {
  group: groupForPeople(),
  url: TOPIC_URL.describe('The topic, on ntfy.sh or a server of one’s own.'),
  token: TOKEN.optional().describe('Access token, where the topic is protected.'),
  ...people,
}).refine(({ url, token }) => token === undefined || !hasCredentials(url), {
  path: ['token'],
  error: ONE_OF_BOTH,
});

export const ntfySettings: SinkSettings<typeof section, NtfyConfig> = {
  section,
  toOwn: (checked) => ({ url: checked.url, token: checked.token ?? null, ...toPeople(checked) }),
  own: {
    // Everybody who knows a topic may read and write it.
    url: hiddenAddress(
      ({ url }) => url,
      ({ url, token }) => {
        if (hasCredentials(url)) return 'the credentials in it travel with each message';
        return token === undefined ? null : 'the token travels with each message';
      },
    ),
    token: hidden(({ token }) => token),
    ...ofPeople,
  },
  // ntfy.sh gives each visitor 60 requests and one more every 5 s: docs.ntfy.sh/config, "Rate limiting". So never more
  // than 60 in 5 min; half of it is left to others behind the same address.
  usualRate: rateAt(['ntfy.sh'], { count: 30, windowMs: 5 * 60_000 }),
};
