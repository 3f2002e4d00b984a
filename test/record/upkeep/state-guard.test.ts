import { pino } from 'pino';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { guardState } from '../../../src/record/upkeep/state-guard.ts';
import { eventually } from '../../support/eventually.ts';
import { openTempStore } from '../../builders/temp-store.ts';

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

    expect([isLost, guard.trouble()]).toEqual([false, null]);
    // Rejects when the guard has ended by an error.
    await guard.stop();
  },
);
