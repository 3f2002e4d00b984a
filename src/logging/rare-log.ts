import type { Clock } from '../clock.ts';

/** Reports the first of a row, then at most once in `everyMs`, with how many there have been since the last report. */
export function createRareLog(
  { elapsed }: Pick<Clock, 'elapsed'>,
  everyMs: number,
): (report: (times: number) => void) => void {
  let reportedAt = -Infinity;
  let times = 0;
  return (report) => {
    times += 1;
    if (elapsed() - reportedAt < everyMs) return;
    report(times);
    reportedAt = elapsed();
    times = 0;
  };
}
