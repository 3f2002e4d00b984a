import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startReceiver } from '../support/servers/receiver.ts';
import { openSandbox } from '../support/program-sandbox.ts';

const KEY = 'canary-key-4f1d9a';
const SECRET = `whsec_${Buffer.from('canary-secret-of-the-webhook-1234').toString('base64')}`;
const CANARIES = [
  KEY,
  SECRET.slice('whsec_'.length),
  'canary-secret',
  'canary-user',
  'canary-pass',
  Buffer.from('canary-user:canary-pass').toString('base64'),
  'canary-query',
];

/** Every file under `directory` that holds a canary, whole bytes looked through. */
function filesWithCanaries(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => CANARIES.some((canary) => readFileSync(file).includes(canary)));
}

test('no secret appears in any output, log at trace level, error, event or file', async () => {
  const receiver = await startReceiver({
    respond: (_, n) => [500, 302, 204][n - 1] ?? { status: 204 },
  });
  onTestFinished(() => receiver.close());
  const address = receiver.url.replace('http://', 'http://canary-user:canary-pass@');
  const { start, run, ids, simulator, directory } = await openSandbox({
    scenarios: ['low-match-rate', 'failed-with-matches'],
    apiKey: KEY,
    env: {
      FINDALL_WATCH_WEBHOOK_URL: `${address}?token=canary-query`,
      FINDALL_WATCH_WEBHOOK_SECRET: SECRET,
      FINDALL_WATCH_LOG_LEVEL: 'trace',
    },
  });
  writeFileSync(
    join(directory, 'retry.yaml'),
    'sinks: [{ name: log, type: log }, { name: webhook, type: webhook, url: "http://h.example", retry: { first: 50ms } }]\n',
  );
  simulator.setFault('*', { kind: 'redirect', location: 'http://127.0.0.1:9/', times: 2 });
  const outputs: string[] = [];
  const keep = ({ stdout, stderr }: { stdout: string; stderr: string }) => outputs.push(stdout, stderr);

  const daemon = start(['serve', ...ids, '--config', 'retry.yaml']);
  await receiver.waitFor(1);
  expect(receiver.deliveries.at(-1)?.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('canary-user:canary-pass').toString('base64')}`,
  });
  expect(receiver.deliveries.at(-1)?.path).toBe('/hook?token=canary-query');
  await daemon.says('"type":"findall.run.failed"');
  daemon.kill('SIGTERM');
  await daemon.exited;
  keep({ stdout: daemon.stdout(), stderr: daemon.stderr() });
  expect(filesWithCanaries(directory)).toEqual([]);

  simulator.setApiKey('another-key');
  await receiver.close();
  keep(await run(['follow', ids[0], '--all', '--log-level', 'trace']));
  keep(await run(['follow', ids[0], '--all', '--json', '--log-level', 'trace']));
  for (const args of [
    ['runs'],
    ['runs', '--json'],
    ['events', '--json'],
    ['check'],
    ['check', '--all'],
    ['check', '--online'],
    ['check', '--json'],
  ]) {
    keep(await run(args));
  }
  keep(await run(['show', ids[0], '--json']));
  keep(await run(['check'], { FINDALL_WATCH_WEBHOOK_URL: 'not a url canary-query' }));
  keep(await run(['check'], { FINDALL_WATCH_WEBHOOK_SECRET: 'whsec_canary-secret' }));
  keep(await run(['serve', '--interval', KEY, '--log-level', KEY]));

  const everything = outputs.join('\n');
  expect(everything).toContain('delivery failed');
  expect(everything).toContain('findall.key.blocked');
  expect(CANARIES.filter((canary) => everything.includes(canary))).toEqual([]);
  expect(filesWithCanaries(directory)).toEqual([]);
});
