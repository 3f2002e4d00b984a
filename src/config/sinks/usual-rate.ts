import type { Rate } from '../../record/outbox.ts';
import { LOOPBACK } from '../text-forms.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/**
 * One message a second, short bursts aside: docs.slack.dev/apis/web-api/rate-limits, "incoming webhooks". Only at
 * Slack's own hosts: others speak its form on servers of one's own.
 */
export function slackRate(url: string): Rate | null {
  return isAt(url, ['slack.com', 'slack-gov.com']) ? { count: 1, windowMs: SECOND_MS } : null;
}

/**
 * A webhook is said to take 30 messages a minute, and its answers carry a bucket of 5 in 2 s (`X-RateLimit-Limit`,
 * discord.com/developers/docs/topics/rate-limits, which gives no numbers): one in 2 s keeps both.
 */
export function discordRate(url: string): Rate | null {
  return isAt(url, ['discord.com', 'discordapp.com']) ? { count: 1, windowMs: 2 * SECOND_MS } : null;
}

/**
 * 4 requests in a second and 60 in 30 s: learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to,
 * "Rate limiting for connectors". One a second keeps both, and the order of what workflows post. Their hosts are many
 * and not listed: everywhere but on this machine.
 */
export function teamsRate(url: string): Rate | null {
  return LOOPBACK.test(new URL(url).hostname) ? null : { count: 1, windowMs: SECOND_MS };
}

/**
 * 20 messages a minute to a group, one a second to one person: core.telegram.org/bots/faq, "My bot is hitting
 * limits". Ids of groups and channels are negative. A Bot API server of one's own changes nothing: the limits are
 * Telegram's.
 */
export function telegramRate(chat: string): Rate {
  return /^[-@]/.test(chat) ? { count: 20, windowMs: MINUTE_MS } : { count: 1, windowMs: SECOND_MS };
}

/**
 * ntfy.sh gives each visitor 60 requests and one more every 5 s: docs.ntfy.sh/config, "Rate limiting". So never more
 * than 60 in 5 min; half of it is left to whoever else is behind the same address.
 */
export function ntfyRate(url: string): Rate | null {
  return isAt(url, ['ntfy.sh']) ? { count: 30, windowMs: 5 * MINUTE_MS } : null;
}

function isAt(url: string, domains: readonly string[]): boolean {
  const { hostname } = new URL(url);
  return domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}
