import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { watchFile } from '../../../src/config/reading/watch-file.ts';
import { eventually } from '../../support/eventually.ts';
import { createHandClock } from '../../simulator/hand-clock.ts';

test.each([
  ['is noticed', 'log: { level: debug }\n', 1],
  ['is none if the file is as it was read', null, 0],
])('a change between reading the file and the start of the watch %s', async (_, change, times) => {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-file-'));
  const path = join(directory, 'findall-watch.yaml');
  writeFileSync(path, 'log: { level: info }\n');
  const { stamp } = loadConfig({ env: {}, cwd: directory, flags: { config: path } });
  if (change !== null) writeFileSync(path, change);

  const clock = createHandClock();
  let changes = 0;
  const onChange = () => {
    changes += 1;
  };
  const onFailure = (error: unknown) => expect.unreachable(String(error));
  const watch = watchFile({ path, known: stamp, onChange, onFailure, clock });
  watch.start();
  onTestFinished(async () => {
    await watch.stop();
    rmSync(directory, { recursive: true });
  });
  for (let look = 0; look < 4; look += 1) {
    await clock.sleeping();
    const before = clock.sleepers()[0] ?? 0;
    clock.advance(1000);
    await eventually(() => (clock.sleepers()[0] ?? 0) > before);
  }
  expect(changes).toBe(times);
});
