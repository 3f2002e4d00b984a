import { isOfPattern } from '../events/event-patterns.ts';
import { unsureConditions, unsureText } from './confidence.ts';
import type { Recipients, Decisive, Filter, Subscription } from './declaration.ts';

/**
 * Makes the function that says to which sinks an event is pending, in the order of configuration, and why not to the
 * others. Pure, and asked once, when the event is recorded: a filter that changes later changes nothing of what is pending.
 */
export function createSubscriptions(subscriptions: readonly Subscription[]): (draft: Decisive) => Recipients {
  return (draft) => {
    const judged = subscriptions.map((subscription) => ({
      sink: subscription.name,
      why: whyNot(subscription, draft),
    }));
    return {
      sinks: judged.filter(({ why }) => why === null).map(({ sink }) => sink),
      skipped: judged.flatMap(({ sink, why }) => (why === null ? [] : [{ sink, why }])),
    };
  };
}

/** Why a sink does not want an event, in words; null when it does. */
function whyNot(subscription: Subscription, draft: Decisive): string | null {
  if (!subscription.events.some((event) => isOfPattern(draft.type, event)))
    return 'its events do not include this type';
  if (!ofItsRuns(subscription, draft)) return 'its runs do not include this one';
  const unsure = isJudged(draft) ? unsureConditions(subscription, draft.data) : [];
  if (unsure.length === 0) return null;
  return `below its minConfidence of ${subscription.minConfidence ?? ''}: ${unsureText(unsure)}`;
}

const FINDALL_ID = /^findall_[\w-]+$/;

/** What is written like an id means that run and never a label: a label cannot pass for another run. */
function ofItsRuns({ runs }: Filter, { findall_id: id, label }: Decisive): boolean {
  // An event about the key concerns every run.
  if (runs === null || id === null) return true;
  return runs.some((wanted) =>
    FINDALL_ID.test(wanted) ? wanted === id : label !== null && matchesLabel(wanted, label),
  );
}

/** Who got the match must hear that it is none, however unsure the API has become. */
function isJudged({ type }: Decisive): boolean {
  return type.startsWith('findall.candidate.') && type !== 'findall.candidate.retracted';
}

/**
 * Whether all of `label` fits `pattern`: `*` any characters or none, `?` one character, everything else itself, by
 * code points of composed Unicode (NFC) and case: what was stored before labels were composed fits as well. Not `matchesGlob` of node:path, for which `/`, a leading dot, braces and brackets
 * mean more; not a regular expression, which a label and a pattern of many stars would keep busy: at most
 * pattern × label steps.
 */
export function matchesLabel(pattern: string, label: string): boolean {
  const wanted = Array.from(pattern.normalize('NFC'));
  const given = Array.from(label.normalize('NFC'));
  let at = 0;
  let next = 0;
  // Where the last star stood and how much of the label it has taken: only that one ever needs to take more.
  let star = -1;
  let taken = 0;
  while (at < given.length) {
    if (wanted[next] === '*') {
      star = next++;
      taken = at;
    } else if (next < wanted.length && (wanted[next] === '?' || wanted[next] === given[at])) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return wanted.slice(next).every((character) => character === '*');
}
