import { expect, it } from 'vitest';
import { campaignSeed } from '../support/campaign-seed.ts';
import { breaches } from './breaches.ts';
import { runCampaign } from './campaign.ts';

const seed = campaignSeed(1);

// The long campaign is `npm run test:replicas`: more runs, a minute of faults a round.
it(`three replicas lose nothing and deliver in order while they are killed, paused and disconnected from a database that restarts (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const campaign = await runCampaign({ replicas: 3, runs: 60, faultMs: 12_000, seed });

  expect(breaches(campaign).join('\n')).toBe('');
  // A campaign in which hardly anything happened proves nothing. That the declaration changes the crash campaign asserts: in these few
  // seconds a busy machine may record nothing between two of them.
  expect(Object.keys(campaign.faults)).toHaveLength(7);
  expect(campaign.companions.daemons).toBeGreaterThan(0);
  expect(campaign.companions.follows).toBeGreaterThan(0);
  expect(campaign.recorded.length).toBeGreaterThan(200);
});
