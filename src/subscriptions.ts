import {
  type Addressees,
  CONFIDENCES,
  type Decisive,
  type Filter,
  type Subscription,
} from './declaration.ts';

/**
 * Makes the function that says to which sinks an event is owed, in the order of configuration, and why not to the
 * others. Pure, and asked once, when the event is recorded: a filter that changes later changes nothing of what is owed.
 */
export function createSubscriptions(subscriptions: readonly Subscription[]): (draft: Decisive) => Addressees {
  return (draft) => {
    const judged = subscriptions.map((wish) => ({ sink: wish.name, why: whyNot(wish, draft) }));
    return {
      sinks: judged.filter(({ why }) => why === null).map(({ sink }) => sink),
      passedOver: judged.flatMap(({ sink, why }) => (why === null ? [] : [{ sink, why }])),
    };
  };
}

/** Why a sink does not want an event, in words; null when it does. */
function whyNot(wish: Subscription, draft: Decisive): string | null {
  if (!wish.events.some((event) => covers(event, draft.type))) return 'its events do not include this type';
  if (!ofItsRuns(wish, draft)) return 'its runs do not include this one';
  if (isSureEnough(wish, draft)) return null;
  const unknown = wish.unknownConfidence === 'low' ? ', unknown counting as low' : '';
  return `its minConfidence is ${wish.minConfidence ?? ''}, and the least certain basis entry is below${unknown}`;
}

/** Whether an event type is meant by a pattern: the type itself, or `prefix.*`. */
export function covers(pattern: string, type: string): boolean {
  return pattern === type || (pattern.endsWith('*') && type.startsWith(pattern.slice(0, -1)));
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

function isSureEnough({ minConfidence, unknownConfidence }: Filter, { type, data }: Decisive): boolean {
  if (minConfidence === null || !type.startsWith('findall.candidate.')) return true;
  // Who was told of the match must hear that it is none, however unsure the API has become.
  if (type === 'findall.candidate.retracted') return true;
  const given = confidencesOf(data.basis);
  const ranks = given.map((confidence) => CONFIDENCES.findIndex((known) => known === confidence));
  const known = ranks.filter((rank) => rank >= 0);
  if (unknownConfidence === 'low' && (known.length < ranks.length || ranks.length === 0)) known.push(0);
  return known.every((rank) => rank >= CONFIDENCES.indexOf(minConfidence));
}

/** The snapshot was checked loosely: a basis may be anything. */
function confidencesOf(basis: unknown): unknown[] {
  if (!Array.isArray(basis)) return [];
  return basis.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'confidence' in entry ? entry.confidence : undefined,
  );
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
