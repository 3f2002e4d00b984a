import { expect, it } from 'vitest';
import { campaignSeed } from '../support/campaign-seed.ts';
import { fuzz } from './fuzz.ts';

const seed = campaignSeed(1);

it(`loses no match and no ending under noise, and takes nothing back too soon (seed ${seed})`, async () => {
  const lived = await fuzz({ histories: 200, seed });
  // Lives in which hardly anything happened prove nothing.
  expect(lived.polls).toBeGreaterThan(2000);
  expect(lived.events).toBeGreaterThan(500);
});
