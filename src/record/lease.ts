/** What a claim gives: a right that runs out by itself. */

/** A time-limited right to finish a claim. Every write that ends the claim is conditional on the token. */
export interface Lease {
  owner: string;
  token: string;
  expiresAt: number;
}

/** A lease made longer: it ends `leaseMs` from `now`. */
export interface Renewal {
  leaseMs: number;
  now: number;
}
