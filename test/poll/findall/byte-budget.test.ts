import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteBudget, type Room } from '../../../src/poll/findall/byte-budget.ts';

const { signal } = new AbortController();

/** Who has been let in, in order, by name. */
function crowd(capacity: number) {
  const budget = createByteBudget(capacity);
  const inside: string[] = [];
  const rooms = new Map<string, Room>();
  return {
    inside,
    async ask(name: string, bytes: number, by: AbortSignal = signal): Promise<void> {
      rooms.set(name, await budget.take(bytes, by));
      inside.push(name);
    },
    async resize(name: string, bytes: number, by: AbortSignal = signal): Promise<void> {
      await rooms.get(name)?.resize(bytes, by);
      inside.push(`${name} of ${bytes}`);
    },
    leave: (name: string) => rooms.get(name)?.release(),
  };
}

/** Lets everything that was begun come as far as it may. */
async function settled(): Promise<void> {
  await new Promise(setImmediate);
}

describe('a byte budget', () => {
  it('lets in as much as there is room for, and the others in order as room is made', async () => {
    const { ask, leave, inside } = crowd(10);
    const all = [ask('a', 6), ask('b', 4), ask('c', 5), ask('d', 1)];
    await settled();
    expect(inside).toEqual(['a', 'b']);
    leave('b');
    await settled();
    // d would fit, and waits: or a large one might wait for ever.
    expect(inside).toEqual(['a', 'b']);
    leave('a');
    await Promise.all(all);
    expect(inside).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets in alone what is larger than the whole', async () => {
    const { ask, leave, inside } = crowd(10);
    void ask('small', 1);
    void ask('huge', 99);
    const last = ask('next', 1);
    await settled();
    expect(inside).toEqual(['small']);
    leave('small');
    await settled();
    expect(inside).toEqual(['small', 'huge']);
    leave('huge');
    await last;
  });

  it('counts a room that is given back twice once', async () => {
    const { ask, leave, inside } = crowd(10);
    await ask('a', 10);
    leave('a');
    leave('a');
    await ask('b', 10);
    void ask('c', 1);
    await settled();
    expect(inside).toEqual(['a', 'b']);
  });

  it('waits no longer than its signal, and lets those behind go on', async () => {
    const { ask, leave, inside } = crowd(10);
    await ask('a', 6);
    const tired = new AbortController();
    const large = ask('large', 9, tired.signal);
    const small = ask('small', 2);
    tired.abort(new Error('enough'));
    await expect(large).rejects.toThrow('enough');
    await small;
    expect(inside).toEqual(['a', 'small']);
    leave('a');
    leave('small');
    await expect(ask('late', 1, tired.signal)).rejects.toThrow('enough');
  });

  it('makes free at once what turns out not to be needed', async () => {
    const { ask, resize, inside } = crowd(10);
    await ask('a', 8);
    const b = ask('b', 6);
    await resize('a', 4);
    await b;
    expect(inside).toEqual(['a', 'a of 4', 'b']);
  });

  it('has what grows wait for room, ahead of what has taken none', async () => {
    const { ask, resize, leave, inside } = crowd(10);
    await Promise.all([ask('a', 4), ask('b', 4)]);
    // The first that does not fit gets it all the same, or both would wait for each other.
    await resize('a', 9);
    const all = [resize('b', 5), ask('c', 1)];
    await settled();
    expect(inside).toEqual(['a', 'b', 'a of 9']);
    leave('a');
    await Promise.all(all);
    expect(inside.slice(3)).toEqual(['b of 5', 'c']);
  });

  it('lets those behind go on when one that grows has waited too long', async () => {
    const { ask, resize, leave, inside } = crowd(10);
    await Promise.all([ask('a', 4), ask('b', 4)]);
    await resize('a', 9);
    const tired = new AbortController();
    const growing = resize('b', 8, tired.signal);
    tired.abort(new Error('enough'));
    await expect(growing).rejects.toThrow('enough');
    leave('a');
    await ask('c', 6);
    expect(inside).toEqual(['a', 'b', 'a of 9', 'c']);
  });

  it('never holds more than its capacity and one answer, and lets everybody in', async () => {
    const sizes = fc.integer({ min: 1, max: 20 });
    const lives = fc.array(fc.array(sizes, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lives, fc.integer({ min: 1, max: 30 }), async (all, capacity) => {
        const budget = createByteBudget(capacity);
        let held = 0;
        let most = 0;
        const live = async ([first = 1, ...later]: number[]): Promise<void> => {
          const room = await budget.take(first, signal);
          let own = first;
          held += own;
          for (const size of later) {
            await room.resize(size, signal);
            held += size - own;
            own = size;
            most = Math.max(most, held);
          }
          room.release();
          held -= own;
        };
        await Promise.all(all.map(live));
        expect(most).toBeLessThanOrEqual(capacity + 20);
        expect(held).toBe(0);
      }),
    );
  });
});
