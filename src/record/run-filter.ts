/** Which runs of the registry are asked for. What is absent leaves nothing out. */
export interface RunFilter {
  /** Tracked after this run; without effect if it is not known. */
  after?: string;
  /** How the id begins. */
  idStart?: string;
  /** The label, exactly. */
  label?: string;
  /** Only runs that have a next poll. */
  isPolled?: true;
  /** The last tracked first. */
  latestFirst?: boolean;
  limit?: number;
}
