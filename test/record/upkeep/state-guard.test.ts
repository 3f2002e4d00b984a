import { pino } from 'pino';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openLog } from '../../../src/logging/logger.ts';
import { StateFailure } from '../../../src/record/upkeep/state-failure.ts';
import { guardState } from '../../../src/record/upkeep/state-guard.ts';
import { eventually } from '../../support/eventually.ts';
import { openTempStore } from '../../builders/temp-store.ts';
import { jsonLines } from '../../support/program-sandbox.ts';

test.each(['EACCES', 'EIO', 'ESTALE'])(
  'a state file that cannot be looked at (%s) ends nothing',
  async (code) => {
    const store = await openTempStore();
    let looks = 0;
    const place = (): never => {
      looks += 1;
      throw Object.assign(new Error(`${code}: stat`), { code });
    };
    const clock = { ...systemClock, sleep: async () => systemClock.sleep(1) };
    const guard = guardState({ ...store, place }, { clock, logger: pino({ level: 'silent' }) });
    let isLost = false;
    void guard.lost.then(() => (isLost = true));

    guard.start();
    await eventually(() => looks > 2);

    expect([isLost, guard.problem()]).toEqual([false, null]);
    // Rejects when the guard has ended by an error.
    await guard.stop();
  },
);

test('a defect while the guard tries a full disk ends nothing: it is logged, and the state opens again', async () => {
  const store = await openTempStore();
  let trials = 0;
  let isFull = true;
  const full = () => new StateFailure('the disk is full', 'make room', { mayPass: true, cause: null });
  let lines = '';
  const { logger } = openLog({ level: 'error', to: { write: (line) => void (lines += line) } });
  const clock = { ...systemClock, sleep: async () => systemClock.sleep(1) };
  const guard = guardState(
    {
      ...store,
      async probe() {
        trials += 1;
        if (trials < 3) throw new TypeError('a defect');
      },
      nextPollAt: async (now) => (isFull ? Promise.reject(full()) : store.nextPollAt(now)),
    },
    { clock, logger },
  );
  await expect(guard.store.nextPollAt(0)).rejects.toThrow('the disk is full');
  isFull = false;

  guard.start();

  expect(await eventually(async () => [await guard.store.nextPollAt(0)])).toEqual([null]);
  // Rejects when the guard has ended by an error.
  await guard.stop();
  expect(trials).toBeGreaterThan(2);
  expect(jsonLines(lines)).toMatchObject([
    { msg: 'store unavailable: polling and delivery are paused' },
    { msg: 'state could not be looked at', times: 1, err: { message: 'a defect' } },
  ]);
});
