/**
 * The seed of a campaign in the gate: `usual`, unless PROPERTY_SEED asks for another as it does for properties. The name of
 * the test shows it.
 */
export function campaignSeed(usual: number): number {
  const asked = process.env.PROPERTY_SEED;
  if (asked === undefined) return usual;
  return Number.isInteger(Number(asked)) ? Number(asked) : Math.floor(Math.random() * 2 ** 31);
}
