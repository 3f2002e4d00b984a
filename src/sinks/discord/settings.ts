import { chatWebhook } from '../settings/chat-webhook.ts';
import { groupForPeople } from '../settings/group.ts';
import { rateAt } from '../settings/usual-rate.ts';

export const discordSettings = chatWebhook('discord', {
  does: 'Messages to a Discord channel, through its webhook.',
  // A message holds ten embeds, one for each event with details: discord.com/developers/docs/resources/webhook#execute-webhook
  group: groupForPeople({ max: 10 }),
  url: 'The webhook of the channel, with ?thread_id=… for a thread; a secret, since anyone who has it may post.',
  // A webhook is said to take 30 messages a minute, and its answers carry a bucket of 5 in 2 s (`X-RateLimit-Limit`,
  // discord.com/developers/docs/topics/rate-limits, which gives no numbers): one in 2 s keeps both.
  usualRate: rateAt(['discord.com', 'discordapp.com'], { count: 1, windowMs: 2000 }),
});
