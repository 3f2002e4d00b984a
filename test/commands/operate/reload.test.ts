// cspell:ignore sinkz
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openStore } from '../../../src/record/open-store.ts';
import { aPresence } from '../../builders/record-builders.ts';
import type { Program } from '../../support/run-program.ts';
import { openSandbox, type Sandbox } from '../../support/program-sandbox.ts';

/** A file that daemons read, and that the command does not: it finds them in the store. */
function daemonFile(sandbox: Sandbox, name = 'daemon.yaml') {
  const file = join(sandbox.directory, name);
  return {
    file,
    write(config: Record<string, unknown>) {
      writeFileSync(`${file}.new`, JSON.stringify(config));
      renameSync(`${file}.new`, file);
    },
  };
}

async function serve(sandbox: Sandbox, file: string): Promise<Program> {
  const daemon = sandbox.start(['serve', '--config', file]);
  await daemon.says('"msg":"started"', 60_000);
  return daemon;
}

test('reload finds the daemons of its store, and says of each what it has taken over from which file', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const [one, other] = [daemonFile(sandbox, 'one.yaml'), daemonFile(sandbox, 'other.yaml')];
  for (const { write } of [one, other]) write({ runs: sandbox.ids });
  const daemons = [await serve(sandbox, one.file), await serve(sandbox, other.file)];
  one.write({ runs: sandbox.ids, poll: { degradedAfter: '7m' }, http: { port: 0 } });

  const { code, stdout, stderr } = await sandbox.run(['reload']);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n').toSorted();
  expect(lines).toHaveLength(2);
  const said = lines.map((line) => line.replace(/^\S+ \(\d+-\w+\): /, '')).toSorted();
  expect(said).toEqual([
    `configuration reloaded from ${one.file}; changed: poll; needs a restart: http`,
    `configuration reloaded from ${other.file}; nothing changed`,
  ]);
  for (const daemon of daemons) expect(daemon.stdout()).toContain('"msg":"configuration reloaded"');
});

test('a rejected configuration is reported with its problems, ends with 1, and a later reload is answered again', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const { file, write } = daemonFile(sandbox);
  write({ runs: sandbox.ids });
  const daemon = await serve(sandbox, file);
  write({ poll: { degradedAfter: 'soon' }, sinkz: [] });

  const rejected = await sandbox.run(['reload']);

  expect(rejected).toMatchObject({ code: 1, stdout: '' });
  expect(rejected.stderr).toMatch(
    /^findall-watch: \S+ \(\d+-\w+\): reload rejected, the current configuration stays in force\n/,
  );
  expect(rejected.stderr).toMatch(/^ {2}.*poll\.degradedAfter: saw "soon"/m);
  expect(rejected.stderr).toContain('sinkz: unknown key');
  expect(daemon.stdout()).toContain('reload rejected');

  write({ runs: [] });
  expect(await sandbox.run(['reload'])).toMatchObject({ code: 0, stderr: '' });
});

test('without a daemon reload says so, names the store, and ends with 1', async () => {
  const sandbox = await openSandbox({ scenarios: [] });
  const { code, stdout, stderr } = await sandbox.run(['reload']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`no daemon is running on ${sandbox.store}\n  start one: findall-watch serve`);
});

test('a daemon that does not answer, and one that stops before it does, are named', async () => {
  const sandbox = await openSandbox({ scenarios: [] });
  const store = await openStore(sandbox.store, () => 'token');
  const presences = ['1-silent', '2-stopping'].map((owner) => aPresence(owner, { version: '0.0.9' }));
  const show = () => Promise.all(presences.map((each) => store.beat(each, systemClock.now())));
  await show();
  // Beats of a version that knows no reload, of another host: no answer comes.
  const beating = setInterval(() => void show(), 2000);

  const command = sandbox.run(['reload']);
  await expect
    .poll(async () => (await store.reloads(systemClock.now())).map(({ asked }) => asked))
    .toEqual([1, 1]);
  presences.pop();
  await store.releaseOwner('2-stopping', 'stopped');
  const { code, stdout, stderr } = await command;
  clearInterval(beating);
  await store.close();

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('a-host (2-stopping): stopped before it answered');
  expect(stderr).toContain('a-host (1-silent): no answer within 30 s\n  see its log; it is version 0.0.9');
}, 60_000);
