import { type ChatWebhook, createChatSink } from '../chat-sink.ts';
import { outcomeOf } from '../http-outcome.ts';
import { endpointOf } from '../post.ts';
import type { DeliveryOutcome, Sink } from '../sink.ts';
import { teamsMessage } from './teams-card.ts';

/** Posts a group of events as one card to a Teams channel or chat, through a Workflows webhook. */
export function createTeamsSink(webhook: ChatWebhook): Sink {
  return createChatSink(endpointOf(webhook.url), webhook, { body: teamsMessage, outcome: teamsOutcome });
}

/** The codes of Power Automate that say more than the status. */
const STOPPING: Readonly<Record<string, string>> = {
  WorkflowTriggerIsNotEnabled: 'Teams says the workflow is switched off: switch it on',
  WorkflowNotFound: 'Teams says the workflow was deleted: make another',
  DirectApiAuthorizationRequired: 'Teams does not accept this webhook URL: copy it again, whole',
  DirectApiInvalidAuthorizationScheme: 'Teams does not accept this webhook URL: copy it again, whole',
};

/**
 * What Teams' answer means. 202 says that the workflow took the message; what becomes of it is seen in its run history
 * only. The older connectors answer 200 and write a refusal into the body.
 */
export function teamsOutcome(status: number, text: string, retryAfterMs?: number): DeliveryOutcome {
  if (status === 200) return connectorOutcome(text, retryAfterMs);
  const code = status >= 400 ? codeOf(text) : undefined;
  if (code === undefined || !Object.hasOwn(STOPPING, code)) return outcomeOf(status, retryAfterMs);
  return { kind: 'stopped', reason: `${STOPPING[code]} (${code})` };
}

function connectorOutcome(text: string, retryAfterMs: number | undefined): DeliveryOutcome {
  if (!text.includes('delivery failed')) return { kind: 'delivered' };
  const [, status = '502'] = /HTTP error (\d{3})/.exec(text) ?? [];
  const outcome = outcomeOf(Number(status), retryAfterMs);
  // It did fail, whatever it says: only a refusal of the message itself is believed.
  return outcome.kind === 'rejected'
    ? outcome
    : { kind: 'retry', reason: `Teams did not deliver it: HTTP ${status}` };
}

function codeOf(text: string): string | undefined {
  try {
    const { error } = { ...(JSON.parse(text) as { error?: { code?: unknown } } | null) };
    return typeof error?.code === 'string' ? error.code : undefined;
  } catch {
    return undefined;
  }
}
