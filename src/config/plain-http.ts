import type { Draft } from './draft.ts';
import { LOOPBACK } from './forms/text-forms.ts';
import { type Problem, wrongValue } from './problems.ts';
import { placedIn } from './settings.ts';

/**
 * Secrets travel over plain http to another machine only where `allowPlainHttp: true` beside the address says so: every machine
 * in between can read them. Each address says what it exposes. Addresses that are refused by their form do not come so far.
 */
export function plainHttpProblems(draft: Draft): Problem[] {
  return placedIn(draft.tree).flatMap(({ path, facts, section }) => {
    if (facts.kind !== 'value' || facts.exposes === undefined || isTrue(section.allowPlainHttp)) return [];
    const secret = isReadable(section[path.at(-1) ?? '']) ? facts.exposes(section) : null;
    if (secret === null) return [];
    return [wrongValue(draft, path, `an https URL, because ${secret}; or allowPlainHttp: true beside it`)];
  });
}

/** Whether what is sent to `url` can be read on the way. */
function isReadable(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !LOOPBACK.test(hostname);
}

/** As the file has it, or a variable in it. */
function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
