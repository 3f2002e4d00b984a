import { expect, it } from 'vitest';
import { every, type Next, type Pace } from '../src/every.ts';
import { createHandClock } from './simulator/hand-clock.ts';

const T0 = Date.UTC(2026, 9, 1, 12);

/** Something done every second, with the moments (ms from the start) at which it was, and what failed. */
function makePeriodic(act: (signal: AbortSignal) => Next | Promise<Next>, pace: Partial<Pace> = {}) {
  const clock = createHandClock(T0);
  const times: number[] = [];
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => void failures.push(error);
  const periodic = every({ ms: 1000, clock, onFailure, ...pace }, (signal) => {
    times.push(clock.now() - T0);
    return act(signal);
  });
  return {
    ...{ periodic, clock, times, failures },
    /** Lets time pass once somebody waits. */
    async pass(ms: number): Promise<void> {
      await clock.sleeping();
      clock.advance(ms);
      await settled();
    },
  };
}

/** Resolves when all that is ready has run. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

it('nothing is done before the start, and a second start changes nothing', async () => {
  const { periodic, times, clock } = makePeriodic(() => {});
  expect(times).toEqual([]);
  periodic.start();
  periodic.start();
  await settled();
  expect([times, clock.sleepers()]).toEqual([[0], [T0 + 1000]]);
});

it('the first time is at once, the others each after the wait', async () => {
  const { periodic, times, pass } = makePeriodic(() => {});
  periodic.start();
  await pass(999);
  expect(times).toEqual([0]);
  await pass(1);
  await pass(1000);
  expect(times).toEqual([0, 1000, 2000]);
});

it('the first time is after a wait of its own, where one is given', async () => {
  const { periodic, times, pass } = makePeriodic(() => {}, { firstMs: 5000 });
  periodic.start();
  expect(times).toEqual([]);
  await pass(5000);
  await pass(1000);
  expect(times).toEqual([5000, 6000]);
});

it('no time begins before the one before has ended: the wait begins there', async () => {
  const first = Promise.withResolvers<void>();
  const { periodic, clock, times, pass } = makePeriodic(() => first.promise);
  periodic.start();
  clock.advance(10_000);
  await settled();
  expect([times, clock.sleepers()]).toEqual([[0], []]);
  first.resolve();
  await pass(1000);
  expect(times).toEqual([0, 11_000]);
});

it('what is done decides how long the next wait is', async () => {
  const waits = [50, undefined, 0, 300];
  const { periodic, times, pass } = makePeriodic(async () => waits.shift());
  periodic.start();
  for (const ms of [50, 1000, 0, 300]) await pass(ms);
  expect(times).toEqual([0, 50, 1050, 1050, 1350]);
});

it('what is done decides that it is not done again', async () => {
  const { periodic, times, clock } = makePeriodic(() => 'end');
  periodic.start();
  await settled();
  expect([times, clock.sleepers()]).toEqual([[0], []]);
  await periodic.stop();
});

it.each([
  ['a rejection', () => Promise.reject(new Error('no disk'))],
  [
    'a throw',
    () => {
      throw new Error('no disk');
    },
  ],
])('%s is reported, and the next time comes after the usual wait', async (_, act) => {
  const { periodic, times, failures, pass } = makePeriodic(act);
  periodic.start();
  await pass(1000);
  expect(times).toEqual([0, 1000]);
  expect(failures).toEqual([new Error('no disk'), new Error('no disk')]);
  // Rejects if a failure has ended the loop.
  await periodic.stop();
});

it.each([
  ['first', { firstMs: 5000 }, []],
  ['usual', {}, [0]],
])('a stop cuts the %s wait short, and nothing is done after it', async (_, pace, done) => {
  const { periodic, clock, times } = makePeriodic(() => {}, pace);
  periodic.start();
  await clock.sleeping();
  await periodic.stop();
  clock.advance(10_000);
  await settled();
  expect([times, clock.sleepers()]).toEqual([done, []]);
});

it('a stop is heard by what is being done, and waits for its end', async () => {
  const cleanUp = Promise.withResolvers<void>();
  const { periodic, clock, times } = makePeriodic(async (signal) => {
    await clock.sleep(60_000, signal);
    await cleanUp.promise;
  });
  periodic.start();
  let isStopped = false;
  const stopping = periodic.stop().then(() => (isStopped = true));
  await settled();
  expect(isStopped).toBe(false);
  cleanUp.resolve();
  await stopping;
  expect([times, clock.sleepers()]).toEqual([[0], []]);
});

it('what was stopped does not start again, nor at all', async () => {
  const { periodic, times } = makePeriodic(() => {});
  await periodic.stop();
  periodic.start();
  await settled();
  expect(times).toEqual([]);
});
