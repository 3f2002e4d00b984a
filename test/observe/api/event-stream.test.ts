import { expect, it } from 'vitest';
import { streamEvents } from '../../../src/observe/api/event-stream.ts';

it('a stream that has nothing to tell gives a sign of life every fifteen seconds, until it is ended', async () => {
  let now = 0;
  const ending = new AbortController();
  const clock = {
    now: () => now,
    elapsed: () => now,
    async sleep(ms: number) {
      now += ms;
      if (now > 40_000) ending.abort();
    },
  };
  const signs: [number, string][] = [];
  for await (const text of streamEvents(
    { events: async () => [] },
    {},
    { clock, signal: ending.signal, gapAfter: null },
  )) {
    signs.push([now, text]);
  }
  expect(signs.map(([, text]) => text)).toEqual([
    ': findall-watch\n\n',
    ': still here\n\n',
    ': still here\n\n',
  ]);
  expect(signs.map(([at]) => Math.round(at / 15_000))).toEqual([0, 1, 2]);
});
