import { expect, onTestFinished, test } from 'vitest';
import { makeTempDatabase } from '../../../record/postgres/temp-postgres.ts';
import { eventually } from '../../../support/eventually.ts';
import { openSandbox } from '../../../support/program-sandbox.ts';
import { startRelay } from '../../../support/servers/silenceable-relay.ts';

/** The grace, what is beyond it, and as long again for a busy machine. Before, it took over a minute. */
const STOPPED_WITHIN_MS = 20_000;

test('a daemon whose database has gone silent stops at a signal', async () => {
  const url = new URL(await makeTempDatabase());
  const relay = await startRelay({ host: url.hostname, port: Number(url.port) });
  onTestFinished(() => relay.close());
  url.host = `127.0.0.1:${relay.port}`;
  const sandbox = await openSandbox({ scenarios: ['never-ends'], env: { FINDALL_WATCH_STORE: url.href } });
  const daemon = sandbox.start(['serve', ...sandbox.ids]);
  await daemon.says('"msg":"started"');
  await eventually(() => sandbox.simulator.requests().length > 0);

  relay.silence();
  const askedAt = performance.now();
  daemon.kill('SIGTERM');
  const exit = await daemon.exited;

  expect(exit.signal).toBeNull();
  expect(performance.now() - askedAt).toBeLessThan(STOPPED_WITHIN_MS);
  expect(daemon.stdout()).toContain('"msg":"stopping"');
  expect(daemon.stderr()).not.toContain('defect');
});
