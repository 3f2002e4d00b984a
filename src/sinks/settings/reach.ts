/** How a sink reaches a service: the settings of every sink that sends over the network, declared once. */
import type { z } from 'zod';
import { DEFAULTS } from '../../config/defaults.ts';
import { formatDuration } from '../../config/forms/duration.ts';
import { hasCredentials } from '../../config/forms/mask-url.ts';
import { duration, truth } from '../../config/forms/setting-kinds.ts';
import { PROXY_URL } from '../../config/forms/text-forms.ts';
import { type OwnSetting, open } from './own-setting.ts';

/** The deadline of one attempt. */
export const timeout = duration('100ms', '2m')
  .prefault(DEFAULTS.sink.timeout)
  .describe('Deadline of one delivery, over headers and body.');

/** For the section of the sink. */
export const reach = {
  proxy: PROXY_URL.optional().describe(
    'HTTP proxy that the sink goes through, with its credentials if it wants some; a secret then.',
  ),
  allowPlainHttp: truth
    .prefault(false)
    .describe('Whether secrets of this sink may travel over plain http to another machine.'),
  timeout,
};

export interface ReachConfig {
  readonly proxy: string | null;
  readonly allowPlainHttp: boolean;
  readonly timeoutMs: number;
}

export function toReach(checked: z.output<z.ZodObject<typeof reach>>): ReachConfig {
  return {
    proxy: checked.proxy ?? null,
    allowPlainHttp: checked.allowPlainHttp,
    timeoutMs: checked.timeout,
  };
}

export const shownTimeout = open<{ readonly timeoutMs: number }>(({ timeoutMs }) =>
  formatDuration(timeoutMs),
);

/** A proxy is shown by its origin, without credentials. */
export const ofReach = {
  proxy: {
    secrecy: 'address',
    shown: ({ proxy }, key) => (proxy === null ? [] : [[key, new URL(proxy).origin]]),
    exposes: ({ proxy }) =>
      PROXY_URL.safeParse(proxy).success && hasCredentials(proxy)
        ? 'its credentials travel with each message'
        : null,
  },
  allowPlainHttp: open(({ allowPlainHttp }) => allowPlainHttp || undefined),
  timeout: shownTimeout,
} satisfies Record<keyof typeof reach, OwnSetting<ReachConfig>>;
