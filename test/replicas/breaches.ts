import { companyBreaches } from '../crash/company-breaches.ts';
import { disorder, gaps, missing, notAt, underAnotherId, unexplainedRepetitions } from '../crash/losses.ts';
import type { Campaign } from './campaign.ts';

/** Every breach of the promise in a campaign of several replicas, in words; none is what we want. */
export function breaches(campaign: Campaign): string[] {
  const { scenarios, deliveries, changed, extra, recorded, disturbances, maxOverlap, exits } = campaign;
  return [
    ...scenarios.flatMap((scenario) => missing(scenario, campaign)),
    ...notAt('hook', recorded, deliveries),
    ...notAt('changed', recorded, changed),
    ...[deliveries, changed, extra].flatMap((arrived) => [
      ...disorder(arrived),
      ...unexplainedRepetitions(arrived, disturbances),
    ]),
    ...companyBreaches(campaign, ['hook', 'changed']),
    ...underAnotherId(campaign),
    ...gaps(campaign),
    ...(maxOverlap > 1 ? [`${maxOverlap} polls of one run at once`] : []),
    ...exits.flatMap(({ code, lastWords }) =>
      code === 0 ? [] : [`a replica ended with ${code}: ${lastWords}`],
    ),
  ];
}
