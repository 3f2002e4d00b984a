import { chatWebhook } from '../settings/chat-webhook.ts';
import { groupForPeople } from '../settings/group.ts';
import { rateAt } from '../settings/usual-rate.ts';

export const slackSettings = chatWebhook('slack', {
  does: 'Messages to a Slack channel, through an incoming webhook.',
  group: groupForPeople(),
  url: 'The incoming webhook; a secret, since anyone who has it may post.',
  // One message a second, short bursts aside: docs.slack.dev/apis/web-api/rate-limits, "incoming webhooks".
  usualRate: rateAt(['slack.com', 'slack-gov.com'], { count: 1, windowMs: 1000 }),
});
