/** Whether what a daemon uses has levelled off. Pure. */

/** How large the daemon was at one moment, and what it had done. */
export interface SoakSample {
  rssMb: number;
  heapMb: number;
  handles: number;
  timers: number;
  databaseMb: number;
  polls: number;
  failedPolls: number;
  events: number;
  delivered: number;
  failedAttempts: number;
}

export interface Verdict {
  what: Measure;
  /** In the first, second and last third of the time: the most, of the heap the least (what a collection leaves). */
  thirds: [number, number, number];
  level: boolean;
}

type Measure = keyof typeof SLACK;

/** What may come on top of a tenth more than in the third before: a page of code, a few sockets of a burst. */
const SLACK = { rssMb: 16, heapMb: 8, handles: 8, timers: 16, databaseMb: 1 };

/** The last third of the samples against the second; the first is for growing up. Too few samples are level in nothing. */
export function judgeSoak(samples: readonly SoakSample[]): Verdict[] {
  return (Object.keys(SLACK) as Measure[]).map((what) => {
    const extreme = what === 'heapMb' ? Math.min : Math.max;
    const of = (third: number): number => {
      const from = Math.floor((samples.length * third) / 3);
      const to = Math.floor((samples.length * (third + 1)) / 3);
      return extreme(...samples.slice(from, to).map((sample) => sample[what]));
    };
    const thirds: [number, number, number] = [of(0), of(1), of(2)];
    return { what, thirds, level: samples.length >= 3 && thirds[2] <= thirds[1] * 1.1 + SLACK[what] };
  });
}
