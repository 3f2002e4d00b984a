/** How a sink reaches a service: the settings of every sink that sends over the network, declared once. */
import { hasCredentials } from '../../config/forms/mask-url.ts';
import { address, open, orNull } from '../../config/forms/setting.ts';
import { duration, truth } from '../../config/forms/setting-kinds.ts';
import { PROXY_URL } from '../../config/forms/text-forms.ts';

/** The deadline of one attempt. */
export function timeout(meaning = 'Deadline of one delivery, over headers and body.') {
  return open(duration('100ms', '2m').prefault('15s'), meaning);
}

export const reach = {
  proxy: address(
    orNull(PROXY_URL),
    'HTTP proxy for this sink, with its credentials if it needs some. The address is a secret then.',
    {
      when: 'set',
      // By its origin, without credentials.
      shown: (url) => (typeof url === 'string' ? new URL(url).origin : url),
      exposes: ({ proxy }) =>
        PROXY_URL.safeParse(proxy).success && hasCredentials(proxy)
          ? 'its credentials travel with each message'
          : null,
      more: 'See [Proxies](sinks.md#proxies).',
    },
  ),
  allowPlainHttp: open(
    truth.prefault(false),
    'Whether secrets of this sink may travel over plain http to another machine.',
    { when: 'set' },
  ),
  timeout: timeout(),
};
