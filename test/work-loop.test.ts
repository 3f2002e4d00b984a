import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { createWorkLoop, type WorkLoop, type WorkLoopOptions } from '../src/work-loop.ts';
import { eventually } from './support/eventually.ts';

type Line = { level: number; msg: string; failures?: number };

let lines: Line[];
let loops: WorkLoop[];

beforeEach(() => {
  lines = [];
  loops = [];
});

afterEach(async () => {
  await Promise.all(loops.map((loop) => loop.stop(0)));
});

/** A loop over numbers whose claim gives at most `limit` of what is `due`. */
function makeLoop(due: number[], options: Partial<WorkLoopOptions<number>>): WorkLoop {
  const loop = createWorkLoop<number>({
    name: 'test',
    concurrency: 2,
    tickMs: 5,
    claim: async (limit) => due.splice(0, limit),
    work: async () => {},
    renewEveryMs: 60_000,
    renew: async () => true,
    clock: systemClock,
    logger: pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Line) }),
    ...options,
  });
  loops.push(loop);
  return loop;
}

describe('a work loop', () => {
  it('does nothing before it is started, and starts once', async () => {
    let claims = 0;
    const loop = makeLoop([], { claim: async () => ((claims += 1), []), tickMs: 60_000 });
    expect(claims).toBe(0);
    loop.start();
    loop.start();
    await eventually(() => claims > 0);
    expect(claims).toBe(1);
  });

  it('looks when there will be work, long before the next tick', async () => {
    const dueAt = Date.now() + 100;
    const done: number[] = [];
    makeLoop([], {
      tickMs: 60_000,
      claim: async () => (Date.now() >= dueAt && done.length === 0 ? [7] : []),
      nextAt: async () => dueAt,
      work: async (item) => void done.push(item),
    }).start();
    await eventually(() => done.length > 0);
    expect(done).toEqual([7]);
  });

  it('takes its rest and its ticks, with anything said of the next work', async () => {
    const looks: number[] = [];
    const look = async () => (looks.push(performance.now()), []);
    makeLoop([], { tickMs: 60_000, claim: look, nextAt: async () => Date.now() - 1 }).start();
    await eventually(() => looks.length > 4);
    const distances = looks.slice(1).map((at, before) => at - (looks[before] ?? 0));
    // Timers may fire a millisecond early.
    expect(Math.min(...distances)).toBeGreaterThan(18);
    looks.length = 0;
    makeLoop([], { tickMs: 5, claim: look, nextAt: async () => Date.now() + 60_000 }).start();
    await eventually(() => looks.length > 4);
  });

  it('works on everything that is due, never on more at once than it may', async () => {
    const due = Array.from({ length: 25 }, (_, item) => item);
    const done: number[] = [];
    let now = 0;
    let most = 0;
    makeLoop(due, {
      concurrency: 3,
      async work(item) {
        most = Math.max(most, ++now);
        await systemClock.sleep(1);
        now -= 1;
        done.push(item);
      },
    }).start();
    await eventually(() => done.length === 25);
    expect(most).toBe(3);
    expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, item) => item));
  });

  it('claims no more than it has room for', async () => {
    const limits: number[] = [];
    const finish: (() => void)[] = [];
    const due = [1, 2, 3];
    makeLoop(due, {
      claim: async (limit) => (limits.push(limit), due.splice(0, 1)),
      work: () => new Promise((resolve) => finish.push(resolve)),
    }).start();
    await eventually(() => finish.length === 2);
    expect(limits).toEqual([2, 1]);
    finish[0]?.();
    await eventually(() => finish.length === 3);
    expect(limits.at(-1)).toBe(1);
    finish.forEach((end) => end());
  });

  it('claims the next as soon as something is done, long before its tick', async () => {
    const done: number[] = [];
    makeLoop([1, 2, 3], {
      concurrency: 1,
      tickMs: 60_000,
      work: async (item) => void done.push(item),
    }).start();
    await eventually(() => done.length === 3);
    expect(done).toEqual([1, 2, 3]);
  });

  it('looks again at once when it is woken, long before its tick', async () => {
    const due: number[] = [];
    const done: number[] = [];
    let claims = 0;
    const loop = makeLoop(due, {
      tickMs: 60_000,
      claim: async (limit) => ((claims += 1), due.splice(0, limit)),
      work: async (item) => void done.push(item),
    });
    loop.start();
    await eventually(() => claims === 1);
    due.push(7);
    loop.wake();
    await eventually(() => done.length === 1);
    expect(done).toEqual([7]);
  });

  it('finds what is due without ever being woken', async () => {
    const due: number[] = [];
    const done: number[] = [];
    makeLoop(due, { work: async (item) => void done.push(item) }).start();
    due.push(1);
    await eventually(() => done.length === 1);
    expect(done).toEqual([1]);
  });

  it('goes on when some work fails, and says so', async () => {
    const done: number[] = [];
    makeLoop([1, 2, 3, 4], {
      async work(item) {
        if (item % 2 === 1) throw new Error(`item ${item}`);
        done.push(item);
      },
    }).start();
    await eventually(() => done.length === 2);
    await eventually(() => lines.length === 2);
    expect(lines.map((line) => line.msg)).toEqual(['work failed', 'work failed']);
  });

  it('goes on when claiming has failed, and says when it works again', async () => {
    let claims = 0;
    const done: number[] = [];
    makeLoop([], {
      async claim() {
        claims += 1;
        if (claims === 1) throw new Error('disk full');
        return claims === 2 ? [1] : [];
      },
      work: async (item) => void done.push(item),
    }).start();
    await eventually(() => done.length === 1);
    expect(lines.map((line) => line.msg)).toEqual(['claim failed', 'store answers again']);
  });

  it('complains of a store that stays broken ever more rarely', async () => {
    let claims = 0;
    const clock = {
      now: () => 0,
      elapsed: () => 0,
      sleep: async () => new Promise<void>((resolve) => setImmediate(resolve)),
    };
    makeLoop([], {
      clock,
      claim: async () => {
        claims += 1;
        throw new Error('disk full');
      },
    }).start();
    await eventually(() => claims > 40);
    expect(lines.slice(0, 6).map((line) => line.failures)).toEqual([1, 2, 4, 8, 16, 32]);
  });

  it('claims what it works on again and again until that is done, and each only for as long', async () => {
    const renewed: number[] = [];
    const finish = new Map<number, () => void>();
    makeLoop([1, 2], {
      renewEveryMs: 1,
      renew: async (item) => renewed.push(item) > 0,
      work: async (item) => new Promise((resolve) => finish.set(item, resolve)),
    }).start();
    await eventually(() => renewed.filter((item) => item === 1).length >= 3 && renewed.includes(2));
    finish.get(1)?.();
    await eventually(() => renewed.slice(-5).every((item) => item === 2));
    expect(renewed.lastIndexOf(1)).toBeLessThan(renewed.length - 5);
    finish.get(2)?.();
  });

  it('claims no more what is somebody else’s by now, and finishes it', async () => {
    const asked: number[] = [];
    const release = Promise.withResolvers<void>();
    const loop = makeLoop([1, 2], {
      renewEveryMs: 1,
      async renew(item) {
        asked.push(item);
        return item === 2;
      },
      work: async () => release.promise,
    });
    loop.start();
    await eventually(() => asked.filter((item) => item === 2).length >= 5);
    expect(asked.filter((item) => item === 1)).toHaveLength(1);
    release.resolve();
  });

  it('goes on claiming what it works on when the store has failed it once', async () => {
    let asked = 0;
    const release = Promise.withResolvers<void>();
    const loop = makeLoop([1], {
      renewEveryMs: 1,
      async renew() {
        if (++asked === 1) throw new Error('away');
        return true;
      },
      work: async () => release.promise,
    });
    loop.start();
    await eventually(() => asked >= 3);
    release.resolve();
    await loop.stop(60_000);
    expect(lines.map(({ msg }) => msg)).not.toContain('work failed');
  });
});

describe('the health of a work loop', () => {
  it('shows when it came round last, though all of its room is taken and its store fails', async () => {
    let now = 1000;
    const clock = { ...systemClock, elapsed: () => now };
    const loop = makeLoop([1, 2], { clock, work: (_, signal) => systemClock.sleep(60_000, signal) });
    const health = () => loop.health()[0];
    expect(health()).toEqual({ name: 'test', turnedAt: null, failing: false, boundMs: 30_000 });
    loop.start();
    await eventually(() => health()?.turnedAt === 1000);
    now = 2000;
    await eventually(() => health()?.turnedAt === 2000);
    const idle = makeLoop([], {
      clock,
      claim: async () => {
        throw new Error('disk full');
      },
    });
    idle.start();
    await eventually(() => idle.health()[0]?.failing === true);
    expect(idle.health()[0]?.turnedAt).toBe(2000);
  });

  it('stands still while a claim does not come back', async () => {
    let now = 1000;
    let claims = 0;
    const loop = makeLoop([], {
      clock: { ...systemClock, elapsed: () => now },
      claim: async () => {
        claims += 1;
        if (claims > 1) await new Promise<void>((resolve) => (release = resolve));
        return [];
      },
    });
    let release = (): void => {};
    loop.start();
    await eventually(() => claims === 2);
    now = 60_000;
    expect(loop.health()[0]?.turnedAt).toBe(1000);
    release();
    await eventually(() => loop.health()[0]?.turnedAt === 60_000);
    await eventually(() => claims === 3);
    release();
  });
});

describe('stopping a work loop', () => {
  it('claims nothing more', async () => {
    let claims = 0;
    const loop = makeLoop([], { claim: async () => ((claims += 1), []) });
    loop.start();
    await eventually(() => claims > 2);
    await loop.stop(0);
    const atStop = claims;
    loop.wake();
    await systemClock.sleep(20);
    expect(claims).toBe(atStop);
  });

  it('lets what is in flight finish within the grace, unaborted', async () => {
    const inFlight: (() => boolean)[] = [];
    const loop = makeLoop([1], {
      work: (_, signal) => new Promise((resolve) => inFlight.push(() => (resolve(), signal.aborted))),
    });
    loop.start();
    await eventually(() => inFlight.length === 1);
    const stopping = loop.stop(60_000);
    const aborted = inFlight[0]?.();
    await stopping;
    expect(aborted).toBe(false);
  });

  it('aborts what is in flight after the grace, and waits until it is gone', async () => {
    let gone = false;
    let begun = false;
    const loop = makeLoop([1], {
      async work(_, signal) {
        begun = true;
        await systemClock.sleep(60_000, signal);
        await systemClock.sleep(10);
        gone = true;
      },
    });
    loop.start();
    await eventually(() => begun);
    await loop.stop(10);
    expect(gone).toBe(true);
  });

  it('before it was started, or twice, is no failure', async () => {
    const loop = makeLoop([], {});
    await expect(loop.stop(60_000)).resolves.toBeUndefined();
    await expect(loop.stop(60_000)).resolves.toBeUndefined();
  });

  it('ends at once although the store is failing', async () => {
    let claims = 0;
    const loop = makeLoop([], {
      claim: async () => {
        claims += 1;
        throw new Error('disk full');
      },
    });
    loop.start();
    await eventually(() => claims === 1);
    await loop.stop(60_000);
    expect(claims).toBe(1);
  });
});
