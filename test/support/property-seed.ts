import * as fc from 'fast-check';

/**
 * The gate decides the same way twice: properties run on one seed. `PROPERTY_SEED=random npm test` explores, and any
 * number repeats what a failure has printed.
 */
const DEFAULT_SEED = 20_261_123;

const asked = process.env.PROPERTY_SEED;
const seed = asked === undefined ? DEFAULT_SEED : Number(asked);
fc.configureGlobal(Number.isInteger(seed) ? { seed } : {});
