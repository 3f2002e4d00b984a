import { z } from 'zod';
import { formatDuration } from '../duration.ts';
import { maskPath } from '../mask-url.ts';
import { map, text } from '../setting-kinds.ts';
import { groupForPeople } from './group.ts';
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
import { ntfyRate } from './usual-rate.ts';

/** `type: ntfy` */
export interface NtfySinkConfig extends SinkBase {
  readonly type: 'ntfy';
  readonly url: string;
  readonly token: string | null;
  readonly proxy: string | null;
  readonly allowPlainHttp: boolean;
  readonly timeoutMs: number;
}

const TOPIC = /\/[-\w]{1,64}\/?$/;

const TOPIC_URL = text(
  'the http or https URL of a topic (https://ntfy.sh/my-topic), whose name is letters, digits, _ or -, at most 64',
  /^https?:\/\//,
  (url) => URL.canParse(url) && TOPIC.test(new URL(url).pathname),
);

/** Goes into a header: visible ASCII only. */
const TOKEN = text('an access token of ntfy, without spaces or line breaks', /^[\x21-\x7e]{1,512}$/);

const ONE_OF_BOTH = 'a token, or credentials in the URL, not both';

export const ntfySection = map({
  type: z.literal('ntfy').describe('Push notifications through ntfy.'),
  ...sinkBase,
  group: groupForPeople(),
  url: TOPIC_URL.describe('The topic, on ntfy.sh or a server of one’s own.'),
  token: TOKEN.optional().describe('Access token, where the topic is protected.'),
  proxy,
  allowPlainHttp,
  timeout,
}).refine(({ url, token }) => token === undefined || !hasCredentials(url), {
  path: ['token'],
  error: ONE_OF_BOTH,
});

export function toNtfySink(checked: z.output<typeof ntfySection>): NtfySinkConfig {
  const { url, token = null } = checked;
  return {
    ...toSinkBase(checked, ntfyRate(url)),
    type: 'ntfy',
    url,
    token,
    proxy: checked.proxy ?? null,
    allowPlainHttp: checked.allowPlainHttp,
    timeoutMs: checked.timeout,
  };
}

/** For `check`. Whoever knows a topic may read and write it, so it is masked too. */
export function ntfySettings(sink: NtfySinkConfig): ShownSetting[] {
  const { url, token, timeoutMs } = sink;
  return [
    ['url', maskPath(url)],
    ['token', token === null ? null : MASK],
    ...shownProxy(sink),
    ['timeout', formatDuration(timeoutMs)],
  ];
}

function hasCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}
