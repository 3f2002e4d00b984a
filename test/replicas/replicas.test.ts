import { expect, it } from 'vitest';
import { breaches } from './breaches.ts';
import { runCampaign } from './campaign.ts';

it('three replicas lose nothing and tell in order while they are killed, paused and cut off from a database that restarts', {
  timeout: 240_000,
}, async () => {
  const campaign = await runCampaign({ replicas: 3, runs: 300, troubleMs: 30_000, seed: 1 });

  expect(breaches(campaign)).toEqual([]);
  // A campaign in which hardly anything happened proves nothing.
  expect(Object.keys(campaign.troubles)).toHaveLength(6);
  expect(campaign.recorded.length).toBeGreaterThan(1000);
});
