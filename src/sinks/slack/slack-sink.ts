import { endpointOf } from '../../http/endpoint.ts';
import type { Answer } from '../../http/post.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import { type AnswerTable, outcomeBy } from '../kit/answers.ts';
import { type ChatWebhook, createChatSink } from '../kit/deliver.ts';
import { slackDialect } from './slack-blocks.ts';

/** Posts the events of a group to a Slack channel, through an incoming webhook. */
export function createSlackSink(webhook: ChatWebhook): Sink {
  return createChatSink(endpointOf(webhook.url), webhook, { dialect: slackDialect, outcome: slackOutcome });
}

const REMOVED = 'Slack says the webhook was removed or switched off: make another';
const LAYOUT = 'Slack does not accept the layout of the message';
const TOO_LONG = 'Slack finds the message too long';

/** https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks, and what Slack says since. */
const ANSWERS: AnswerTable = {
  rejected: {
    invalid_payload: 'Slack cannot read the message',
    invalid_blocks: LAYOUT,
    invalid_blocks_format: LAYOUT,
    msg_blocks_too_long: TOO_LONG,
    msg_too_long: TOO_LONG,
    no_text: 'Slack finds no text in the message',
    too_many_attachments: 'Slack finds too many attachments in the message',
  },
  stopped: {
    channel_is_archived: 'Slack says the channel is archived: choose another webhook',
    channel_not_found: 'Slack says the channel is gone: choose another webhook',
    user_not_found: 'Slack says the person it posts to is gone: choose another webhook',
    no_service: REMOVED,
    no_service_id: REMOVED,
    no_active_hooks: REMOVED,
    invalid_token: 'Slack does not know this webhook URL: copy it again',
    no_team: 'Slack does not know the workspace of this webhook: copy its URL again',
    team_disabled: 'Slack says the workspace is disabled',
    action_prohibited: 'Slack says the workspace does not let this webhook post: ask its admins',
    posting_to_general_channel_denied: 'Slack says not everyone may post to this channel: ask the admins',
  },
};

/** What Slack's answer means: its own word for a refusal, else the status. */
export function slackOutcome(answer: Answer): DeliveryOutcome {
  return outcomeBy(ANSWERS, answer.status >= 400 ? answer.text.trim() : null, answer);
}
