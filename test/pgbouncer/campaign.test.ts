import { expect, it } from 'vitest';
import { breaches } from '../replicas/breaches.ts';
import { runCampaign } from '../replicas/campaign.ts';
import { campaignSeed } from '../support/campaign-seed.ts';

const seed = campaignSeed(1);

// The long campaign is `npm run test:replicas -- --replicas 2 --pooled`.
it(`two replicas behind a pooler in transaction mode lose nothing and give no fact two ids while replicas, server and pooler are killed (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const campaign = await runCampaign({ replicas: 2, runs: 24, faultMs: 12_000, seed, isPooled: true });

  expect(breaches(campaign).join('\n')).toBe('');
  // A campaign in which hardly anything happened proves nothing.
  expect(Object.keys(campaign.faults)).toHaveLength(8);
  expect(campaign.companions.daemons).toBeGreaterThan(0);
  expect(campaign.recorded.length).toBeGreaterThan(100);
});
