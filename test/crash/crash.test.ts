import { expect, it } from 'vitest';
import { createRandom } from '../../src/simulator/seeded-random.ts';
import { campaignSeed } from '../support/campaign-seed.ts';
import { runCampaign } from './campaign.ts';
import { changesOfDeclaration } from './company-breaches.ts';
import { CALLS, type Death, deaths } from './crash-points.ts';
import { breaches } from './losses.ts';

/** The fewest with which every call is died before and after. */
const KILLS = 35;
const seed = campaignSeed(1);

// The long campaign is `npm run test:crash -- --kills 500`; the seed of either is in its report.
it(`loses nothing and delivers nothing under two ids through ${KILLS} deaths (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const campaign = await runCampaign({ kills: KILLS, seed });

  expect(breaches(campaign).join('\n')).toBe('');
  // A campaign in which hardly anything happened proves nothing.
  expect(campaign.recorded.length).toBeGreaterThan(200);
  expect(campaign.diedAtCall).toBeGreaterThan(5);
  expect(campaign.companions.follows).toBeGreaterThan(0);
  expect(campaign.companions.daemons).toBeGreaterThan(0);
  expect(changesOfDeclaration(campaign)).toBeGreaterThan(1);
  expect(campaign.batches.some(({ events }) => events.length > 1)).toBe(true);
});

it('dies before and after every call, at SQL statements and at random moments', () => {
  const planned = deaths(KILLS, createRandom(seed));
  const at = (pattern: RegExp) =>
    planned.filter((death) => death.kind === 'at-call' && pattern.test(death.point)).length;
  for (const call of CALLS) {
    for (const moment of ['before', 'after'])
      expect(at(new RegExp(`^${call}:${moment}:`))).toBeGreaterThan(0);
  }
  expect(at(/^statement:before:/)).toBeGreaterThan(10);
  expect(planned.filter(({ kind }: Death) => kind === 'at-random').length).toBeGreaterThan(5);
});
