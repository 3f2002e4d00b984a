import { endpointOf } from '../../deliver/endpoint.ts';
import { outcomeOf } from '../../deliver/http-outcome.ts';
import type { Answer } from '../../deliver/post.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import { type ChatWebhook, createChatSink } from '../kit/deliver.ts';
import { slackDialect } from './slack-blocks.ts';

/** Posts the events of a group to a Slack channel, through an incoming webhook. */
export function createSlackSink(webhook: ChatWebhook): Sink {
  return createChatSink(endpointOf(webhook.url), webhook, { dialect: slackDialect, outcome: slackOutcome });
}

/** https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks, and what Slack says since. */
const REFUSALS: Readonly<Record<string, { kind: 'rejected' | 'stopped'; reason: string }>> = {
  ...refused('rejected', {
    invalid_payload: 'Slack cannot read the message',
    invalid_blocks: 'Slack does not accept the layout of the message',
    invalid_blocks_format: 'Slack does not accept the layout of the message',
    msg_blocks_too_long: 'Slack finds the message too long',
    msg_too_long: 'Slack finds the message too long',
    no_text: 'Slack finds no text in the message',
    too_many_attachments: 'Slack finds too many attachments in the message',
  }),
  ...refused('stopped', {
    channel_is_archived: 'Slack says the channel is archived: choose another webhook',
    channel_not_found: 'Slack says the channel is gone: choose another webhook',
    user_not_found: 'Slack says the person it posts to is gone: choose another webhook',
    no_service: 'Slack says the webhook was removed or switched off: make another',
    no_service_id: 'Slack says the webhook was removed or switched off: make another',
    no_active_hooks: 'Slack says the webhook was removed or switched off: make another',
    invalid_token: 'Slack does not know this webhook URL: copy it again',
    no_team: 'Slack does not know the workspace of this webhook: copy its URL again',
    team_disabled: 'Slack says the workspace is disabled',
    action_prohibited: 'Slack says the workspace does not let this webhook post: ask its admins',
    posting_to_general_channel_denied: 'Slack says not everyone may post to this channel: ask the admins',
  }),
};

/** What Slack's answer means: its own word for a refusal, else the status. */
export function slackOutcome(answer: Answer): DeliveryOutcome {
  const word = answer.text.trim();
  const refusal = answer.status >= 400 && Object.hasOwn(REFUSALS, word) ? REFUSALS[word] : undefined;
  return refusal ?? outcomeOf(answer);
}

function refused(kind: 'rejected' | 'stopped', reasons: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(reasons).map(([word, reason]) => [word, { kind, reason: `${reason} (${word})` }]),
  );
}
