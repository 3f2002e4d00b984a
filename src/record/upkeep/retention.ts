/** Forgetting what was settled long ago. */
export interface Retention {
  /**
   * One small step through what is recorded: looks at up to `limit` rows, oldest first, and removes the events among
   * them that were recorded before `before`, of which nothing is pending nor was settled since then, and whose run ended
   * or was given up and was not asked for since then. Their deliveries and what `explain` knows of them go with them.
   *
   * What keeps a fact from being announced again stays: runs, candidates, the breakers' episodes and the streams' numbers.
   */
  prune(step: PruneStep): Promise<Pruned>;
}

export interface PruneStep {
  before: number;
  limit: number;
  /** Where the step before this one ended; null begins. */
  from: PrunePlace | null;
}

/** How far pruning has come: first through events, then through the journal. Means something to the store only. */
export interface PrunePlace {
  table: 'events' | 'journal';
  position: number;
}

export interface Pruned {
  events: number;
  deliveries: number;
  /** Where to go on; null when everything old has been looked at. */
  next: PrunePlace | null;
}
