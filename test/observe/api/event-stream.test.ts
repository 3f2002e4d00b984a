import { expect, it } from 'vitest';
import { streamEvents } from '../../../src/observe/api/event-stream.ts';
import { createEventTail } from '../../../src/record/event-tail.ts';

it('a stream without new events sends a comment every fifteen seconds, until it is ended', async () => {
  let now = 0;
  const ending = new AbortController();
  const clock = {
    now: () => now,
    elapsed: () => now,
    async sleep(ms: number) {
      // One step of time for all who wait, as they wait together.
      now += Math.max(0, Math.min(ms, 250));
      if (now > 40_000) ending.abort();
    },
  };
  const signs: [number, string][] = [];
  const tail = createEventTail({ events: async () => [] }, { clock });
  for await (const text of streamEvents(tail, {}, { signal: ending.signal, gapAfter: null })) {
    signs.push([now, text]);
  }
  expect(signs.map(([, text]) => text)).toEqual([
    ': findall-watch\n\n',
    ': still here\n\n',
    ': still here\n\n',
  ]);
  expect(signs.map(([at]) => Math.round(at / 15_000))).toEqual([0, 1, 2]);
});
