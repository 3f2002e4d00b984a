import { LOOPBACK } from '../../config/forms/text-forms.ts';
import { formatRate } from '../../config/forms/rate.ts';
import type { Rate } from '../../record/outbox.ts';

/** What the service allows, in force unless `rate` is set. */
export interface UsualRate<Checked> {
  of(checked: Checked): Rate | null;
  /** For the table in the documentation. */
  readonly inWords: string;
}

interface WithUrl {
  url: string;
}

/** At the service's own hosts only: others speak its form on servers of one's own. */
export function rateAt(domains: readonly string[], rate: Rate): UsualRate<WithUrl> {
  return {
    inWords: `\`${formatRate(rate)}\` at ${domains[0] ?? ''}, else none`,
    of({ url }) {
      const { hostname } = new URL(url);
      const isTheirs = domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
      return isTheirs ? rate : null;
    },
  };
}

/** Everywhere but on this machine: for a service whose hosts are too many to list. */
export function rateElsewhere(rate: Rate): UsualRate<WithUrl> {
  return {
    inWords: `\`${formatRate(rate)}\``,
    of: ({ url }) => (LOOPBACK.test(new URL(url).hostname) ? null : rate),
  };
}
