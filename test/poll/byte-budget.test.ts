import { describe, expect, it } from 'vitest';
import { createByteBudget } from '../../src/poll/byte-budget.ts';

const { signal } = new AbortController();

/** Who has been let in, in order, by name. */
function crowd(capacity: number) {
  const budget = createByteBudget(capacity);
  const inside: string[] = [];
  const releases = new Map<string, () => void>();
  return {
    inside,
    async ask(name: string, bytes: number, by: AbortSignal = signal): Promise<void> {
      releases.set(name, await budget.take(bytes, by));
      inside.push(name);
    },
    leave: (name: string) => releases.get(name)?.(),
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
});
