import { expect, it } from 'vitest';
import {
  disorder,
  gaps,
  missing,
  notAt,
  toldUnderAnotherId,
  unexplainedRepetitions,
} from '../crash/losses.ts';
import { runCampaign } from './campaign.ts';

it('three replicas lose nothing and tell in order while they are killed, paused and cut off from a database that restarts', {
  timeout: 240_000,
}, async () => {
  const campaign = await runCampaign({ replicas: 3, runs: 300, troubleMs: 30_000, seed: 1 });
  const { scenarios, deliveries, recorded, troublesAt } = campaign;

  expect([
    ...scenarios.flatMap((scenario) => missing(scenario, campaign)),
    ...notAt('hook', recorded, deliveries),
    ...disorder(deliveries),
    ...unexplainedRepetitions(deliveries, troublesAt),
    ...toldUnderAnotherId(campaign),
    ...gaps(campaign),
  ]).toEqual([]);
  expect(campaign.maxOverlap).toBe(1);
  expect(campaign.exits).toEqual([0, 0, 0]);
  // A campaign in which hardly anything happened proves nothing.
  expect(Object.keys(campaign.troubles)).toHaveLength(6);
  expect(recorded.length).toBeGreaterThan(1000);
});
