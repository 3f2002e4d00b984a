/** The program as npm starts it, and the signals that npm gets: its own process is the one that a supervisor knows. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { type Program, startCommand } from '../support/run-program.ts';
import { openSandbox, type Sandbox } from '../support/program-sandbox.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts npm or npx in the repository. Its `exited` waits for all that holds its output: what it started has ended too. */
function start(command: 'npm' | 'npx', args: readonly string[], sandbox: Sandbox): Program {
  const program = startCommand(command, args, { env: sandbox.env, cwd: ROOT, detached: true });
  onTestFinished(async () => {
    try {
      // The whole group, whichever of its processes still runs.
      if (program.child.pid !== undefined) process.kill(-program.child.pid, 'SIGKILL');
    } catch {
      // None does.
    }
    await program.exited;
  });
  return program;
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

/** Locks of owners beside the store: a daemon that has given back everything leaves none. */
function locksOf({ store }: Sandbox): string[] {
  return readdirSync(dirname(store), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.lock'),
  );
}

it.each(['SIGTERM', 'SIGINT'] as const)(
  'npm start passes %s on: the daemon stops in order',
  async (signal) => {
    const sandbox = await openSandbox({ scenarios: ['never-ends'] });
    const npm = start('npm', ['start', '--', ...sandbox.ids], sandbox);
    await npm.says('"msg":"started"', 20_000);
    expect(locksOf(sandbox)).toHaveLength(1);
    npm.kill(signal);
    expect(await npm.exited).toEqual({ code: 0, signal: null });
    expect(npm.stdout()).toContain('"msg":"stopped"');
    expect(locksOf(sandbox)).toEqual([]);
  },
);

it('npm start stops in order on Ctrl-C, of which the daemon gets two signals: its own and what npm passes on', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const npm = start('npm', ['start', '--', ...sandbox.ids], sandbox);
  await npm.says('"msg":"started"', 20_000);
  process.kill(-(npm.child.pid ?? 0), 'SIGINT');
  await npm.exited;
  expect(npm.stdout()).toContain('"msg":"stopped"');
  expect(locksOf(sandbox)).toEqual([]);
});

it('the only child of npm start is the daemon, which reloads on SIGHUP', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const npm = start('npm', ['start', '--', ...sandbox.ids], sandbox);
  await npm.says('"msg":"started"', 20_000);
  const children = childrenOf(npm.child.pid ?? 0);
  expect(children).toHaveLength(1);
  process.kill(children[0] ?? 0, 'SIGHUP');
  await npm.says('configuration reloaded');
  npm.kill('SIGTERM');
  expect(await npm.exited).toEqual({ code: 0, signal: null });
});

it.each(['SIGHUP', 'SIGKILL'] as const)('the daemon stops when npm start dies of %s', async (signal) => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const npm = start('npm', ['start', '--', ...sandbox.ids], sandbox);
  await npm.says('"msg":"started"', 20_000);
  npm.kill(signal);
  expect(await npm.exited).toEqual({ code: null, signal });
  expect(npm.stdout()).toContain('"msg":"stopped"');
  expect(locksOf(sandbox)).toEqual([]);
});

it.each(['SIGTERM', 'SIGHUP'] as const)('npx findall-watch follow stops on %s to npx', async (signal) => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const npx = start('npx', ['findall-watch', 'follow', ...sandbox.ids], sandbox);
  await npx.says(/./, 20_000);
  npx.kill(signal);
  expect(await npx.exited).toEqual({ code: null, signal });
  expect(npx.stdout() + npx.stderr()).toContain('interrupted; nothing is lost. To go on:');
  expect(locksOf(sandbox)).toEqual([]);
});

it('npx findall-watch follow stops on Ctrl-C, by which a terminal signals all processes of the group', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const npx = start('npx', ['findall-watch', 'follow', ...sandbox.ids], sandbox);
  await npx.says(/./, 20_000);
  process.kill(-(npx.child.pid ?? 0), 'SIGINT');
  await npx.exited;
  expect(npx.stdout() + npx.stderr()).toContain('interrupted; nothing is lost. To go on:');
  expect(locksOf(sandbox)).toEqual([]);
});

it('the launcher is the program: its own process gets the signals', async () => {
  const sandbox = await openSandbox({ scenarios: ['never-ends'] });
  const launcher = startCommand(join(ROOT, 'src/findall-watch'), ['serve', ...sandbox.ids], {
    env: sandbox.env,
  });
  onTestFinished(() => launcher.kill('SIGKILL'));
  await launcher.says('"msg":"started"', 20_000);
  launcher.kill('SIGHUP');
  await launcher.says('configuration reloaded');
  launcher.kill('SIGTERM');
  expect(await launcher.exited).toEqual({ code: 0, signal: null });
});
