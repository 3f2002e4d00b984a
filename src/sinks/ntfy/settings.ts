import { hasCredentials } from '../../config/forms/mask-url.ts';
import { address, hidden, orNull } from '../../config/forms/setting.ts';
import { pasted } from '../../config/forms/setting-kinds.ts';
import { groupForPeople } from '../settings/group.ts';
import { people } from '../settings/people.ts';
import { sinkSettings } from '../settings/sink-settings.ts';
import { rateAt } from '../settings/usual-rate.ts';

const TOPIC = /\/[-\w]{1,64}\/?$/;

const TOPIC_URL = pasted(
  'the http or https URL of a topic (https://ntfy.sh/my-topic), whose name is letters, digits, _ or -, at most 64',
  /^https?:\/\//,
  (url) => URL.canParse(url) && TOPIC.test(new URL(url).pathname),
);

/** Goes into a header: visible ASCII only. */
const TOKEN = pasted('an access token of ntfy, without spaces or line breaks', /^[\x21-\x7e]{1,512}$/);

const ONE_OF_BOTH = 'a token, or credentials in the URL, not both';

export const ntfySettings = sinkSettings('ntfy', {
  does: 'Push notifications through ntfy.',
  group: groupForPeople(),
  own: {
    // Everybody who knows a topic may read and write it.
    url: address(TOPIC_URL, 'The topic, on ntfy.sh or a server of one’s own.', {
      exposes({ url, token }) {
        if (hasCredentials(url)) return 'the credentials in it travel with each message';
        return token === undefined ? null : 'the token travels with each message';
      },
    }),
    token: hidden(orNull(TOKEN), 'Access token, if the topic is protected.'),
    ...people,
  },
  check({ url, token }, context) {
    if (token !== null && hasCredentials(url))
      context.addIssue({ code: 'custom', path: ['token'], message: ONE_OF_BOTH });
  },
  // ntfy.sh gives each visitor 60 requests and one more every 5 s: docs.ntfy.sh/config, "Rate limiting". So never more
  // than 60 in 5 min; half of it is left to others behind the same address.
  usualRate: rateAt(['ntfy.sh'], { count: 30, windowMs: 5 * 60_000 }),
});
