import { chatWebhook } from '../settings/chat-webhook.ts';
import { groupForPeople } from '../settings/group.ts';
import { rateElsewhere } from '../settings/usual-rate.ts';

export const teamsSettings = chatWebhook('teams', {
  does: 'Cards to a Teams channel or chat, through a Workflows webhook.',
  group: groupForPeople(),
  url: 'The webhook of the workflow; a secret, since anyone who has it may post.',
  // 4 requests in a second and 60 in 30 s: learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to,
  // "Rate limiting for connectors". One a second keeps both, and the order of what workflows post.
  usualRate: rateElsewhere({ count: 1, windowMs: 1000 }),
});
