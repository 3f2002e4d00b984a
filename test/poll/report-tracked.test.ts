import { pino } from 'pino';
import { expect, it } from 'vitest';
import { reportTracked } from '../../src/poll/report-tracked.ts';
import { trackedRun } from '../builders/model-builders.ts';

/** What is logged when a poll of this run begins. */
function said(run: Parameters<typeof trackedRun>[0]): object[] {
  const lines: object[] = [];
  reportTracked(trackedRun(run), pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }));
  return lines;
}

it('the first poll of a run says that it is tracked, with its label and its own interval', () => {
  const [line] = said({ findallId: 'findall_a', label: 'seeds', intervalMs: 5000, lastPollAt: null });
  expect(line).toMatchObject({
    msg: 'run tracked',
    findall_id: 'findall_a',
    label: 'seeds',
    interval_ms: 5000,
  });
});

it('so does the first poll after it was tracked again, and no other poll', () => {
  expect(said({ lastPollAt: 7, watchSinceAt: 8 })).toHaveLength(1);
  // A run that was revived is watched from the time of that poll on.
  expect(said({ lastPollAt: 8, watchSinceAt: 8 })).toEqual([]);
  expect(said({ lastPollAt: 9, watchSinceAt: 8 })).toEqual([]);
});
