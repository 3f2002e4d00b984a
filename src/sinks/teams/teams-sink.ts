import { endpointOf } from '../../http/endpoint.ts';
import type { Answer } from '../../http/post.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import { type AnswerTable, outcomeBy, outcomeOf } from '../kit/answers.ts';
import { objectIn } from '../../http/object-in.ts';
import { type ChatWebhook, createChatSink } from '../kit/deliver.ts';
import { teamsDialect } from './teams-card.ts';

/** Posts the events of a group as cards to a Teams channel or chat, through a Workflows webhook. */
export function createTeamsSink(webhook: ChatWebhook): Sink {
  return createChatSink(endpointOf(webhook.url), webhook, { dialect: teamsDialect, outcome: teamsOutcome });
}

/**
 * The codes of Power Automate that say more than the status. The first as seen in
 * https://github.com/microsoft/coe-starter-kit/issues/8684; they are documented nowhere.
 */
const ANSWERS: AnswerTable = {
  stopped: {
    WorkflowTriggerIsNotEnabled: 'Teams says the workflow is switched off: switch it on',
    WorkflowNotFound: 'Teams says the workflow was deleted: make another',
    DirectApiAuthorizationRequired: 'Teams does not accept this webhook URL: copy it again, whole',
    DirectApiInvalidAuthorizationScheme: 'Teams does not accept this webhook URL: copy it again, whole',
  },
};

/**
 * What Teams' answer means. 202 says that the workflow took the message; what becomes of it is seen in its run history
 * only. The older connectors answer 200 and write a refusal into the body.
 */
export function teamsOutcome(answer: Answer): DeliveryOutcome {
  if (answer.status === 200) return connectorOutcome(answer);
  const { code } = { ...(objectIn(answer).error as { code?: unknown } | null | undefined) };
  return outcomeBy(ANSWERS, answer.status >= 400 && typeof code === 'string' ? code : null, answer);
}

function connectorOutcome(answer: Answer): DeliveryOutcome {
  if (!answer.text.includes('delivery failed')) return outcomeOf(answer);
  const [, status = '502'] = /HTTP error (\d{3})/.exec(answer.text) ?? [];
  const outcome = outcomeOf({ ...answer, status: Number(status) });
  const reason = `Teams did not deliver it: HTTP ${status}`;
  // It did fail: of what it says, only a refusal of the message itself is believed.
  if (outcome.kind === 'rejected') return { kind: 'rejected', reason };
  return outcome.kind === 'retry' ? { ...outcome, reason } : { kind: 'retry', reason };
}
