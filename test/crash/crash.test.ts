import { expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';
import { breaches } from './losses.ts';

// The long campaign is `npm run test:crash -- --kills 500`; the seed of either is in its report.
it.each([1, 2])(
  'loses nothing and tells nothing under two ids through 35 deaths (seed %i)',
  { timeout: 180_000 },
  async (seed) => {
    const campaign = await runCampaign({ kills: 35, seed });

    expect(breaches(campaign)).toEqual([]);
    // A campaign in which hardly anything happened proves nothing.
    expect(campaign.recorded.length).toBeGreaterThan(200);
    expect(campaign.diedAtCall).toBeGreaterThan(3);
    expect(campaign.batches.some(({ events }) => events.length > 1)).toBe(true);
  },
);
