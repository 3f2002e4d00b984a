import { expect, it } from 'vitest';
import type { Watcher } from '../../../src/app.ts';
import { createReplaceableWatcher } from '../../../src/commands/serve/replaceable-watcher.ts';
import type { OperatorError } from '../../../src/errors.ts';

function watcher(stop: () => Promise<void> = async () => {}): Watcher {
  return {
    ...{ start() {}, stop, wake() {}, health: () => [], problem: () => null },
    lost: Promise.withResolvers<OperatorError>().promise,
  };
}

it('one that does not leave in order is reported, and neither the process nor the next one ends with it', async () => {
  const failures: unknown[] = [];
  let isStopped = false;
  const failing = watcher(async () => {
    throw new Error('the disk');
  });
  const watchers = createReplaceableWatcher(failing, (error) => failures.push(error));

  watchers.replace(
    watcher(async () => void (isStopped = true)),
    1000,
    async () => {},
  );
  // An unhandled rejection would fail the run of the tests by now.
  await new Promise((resolve) => setImmediate(resolve));
  await watchers.stop(0);

  expect(failures).toEqual([new Error('the disk')]);
  expect(isStopped).toBe(true);
});

it('a failure of what follows the last record of one is reported', async () => {
  const failures: unknown[] = [];
  const watchers = createReplaceableWatcher(watcher(), (error) => failures.push(error));
  watchers.replace(watcher(), 1000, async () => {
    throw new Error('due times');
  });
  await watchers.stop(0);
  expect(failures).toEqual([new Error('due times')]);
});
