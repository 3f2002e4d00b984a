import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { isWell, livenessOf, probeText } from '../../src/observe/health.ts';
import { statusLine } from '../../src/observe/status-line.ts';
import { createSystemd, heartbeatMs } from '../../src/observe/systemd.ts';
import { createWorkLoop } from '../../src/work-loop.ts';
import { makeTempDirectory, removeTempDirectory } from '../support/temp-directory.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox } from '../support/program-sandbox.ts';

/** Stands in for systemd-notify: writes down what it was notified of, and the socket it was given, a line a call. */
function placeNotify(directory: string): { path: string; reported(): string } {
  const log = join(directory, 'reported');
  const program = join(directory, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $(/usr/bin/env | /usr/bin/wc -l) $*" >> ${log}\n`);
  chmodSync(program, 0o755);
  return {
    path: `${directory}:/usr/bin:/bin`,
    reported: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
  };
}

describe('a daemon under systemd', () => {
  it('says when it is ready, how it stands, that it lives, and when it stops', async () => {
    const sandbox = await openSandbox({ scenarios: ['never-ends'] });
    const notify = placeNotify(sandbox.directory);
    const env = { NOTIFY_SOCKET: '/run/test-notify', WATCHDOG_USEC: '600000', PATH: notify.path };
    const daemon = sandbox.start(['serve', ...sandbox.ids], env);
    await eventually(() => (notify.reported().match(/WATCHDOG=1/g)?.length ?? 0) > 2);
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });

    const lines = notify.reported().trim().split('\n');
    expect(lines[0]).toMatch(/^\/run\/test-notify \d+ READY=1 STATUS=1 run active, 0 pending$/);
    expect(lines.at(-1)).toContain('STOPPING=1');
    expect(notify.reported()).not.toContain('a-key-of-this-test');
  });

  it('says when it reloads, and that it is ready again', async () => {
    const sandbox = await openSandbox({ scenarios: ['never-ends'] });
    const notify = placeNotify(sandbox.directory);
    const env = { NOTIFY_SOCKET: '/run/test-notify', PATH: notify.path };
    const daemon = sandbox.start(['serve', ...sandbox.ids], env);
    await eventually(() => notify.reported().includes('READY=1'));
    daemon.kill('SIGHUP');
    await eventually(() => (notify.reported().match(/READY=1/g)?.length ?? 0) > 1);
    const [, reloading, ready] = notify.reported().trim().split('\n');
    expect(reloading).toMatch(/ RELOADING=1 MONOTONIC_USEC=\d+ STATUS=reloading$/);
    expect(ready).toMatch(/ READY=1 STATUS=1 run active/);
  });

  it('that hangs as a whole says nothing, until it goes on', async () => {
    const sandbox = await openSandbox({ scenarios: ['never-ends'] });
    const notify = placeNotify(sandbox.directory);
    const env = { NOTIFY_SOCKET: '/run/test-notify', WATCHDOG_USEC: '300000', PATH: notify.path };
    const daemon = sandbox.start(['serve', ...sandbox.ids], env);
    const beats = () => notify.reported().match(/WATCHDOG=1/g)?.length ?? 0;
    await eventually(() => beats() > 2);
    daemon.kill('SIGSTOP');
    await eventually(() => readFileSync(`/proc/${daemon.child.pid}/stat`, 'utf8').includes(') T '));
    // One call may have been on its way.
    const most = beats() + 1;
    const until = performance.now() + 1000;
    await eventually(() => beats() > most || performance.now() > until);
    expect(beats()).toBeLessThanOrEqual(most);
    daemon.kill('SIGCONT');
    await eventually(() => beats() > most + 1);
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
  });

  it('of which one loop hangs is dead to livez and to the watchdog, with the others well or not', async () => {
    const directory = await makeTempDirectory();
    onTestFinished(() => removeTempDirectory(directory));
    const notify = placeNotify(directory);
    let elapsed = 0;
    const clock = { ...systemClock, elapsed: () => elapsed };
    const logger = pino({ level: 'silent' });
    const loop = (name: string, claim: () => Promise<never[]>) =>
      createWorkLoop({
        ...{ name, concurrency: 1, tickMs: 20, claim, clock, logger },
        ...{ work: async () => {}, renewEveryMs: 60_000, renew: async () => true },
      });
    let letGo = (): void => {};
    const hanging = new Promise<never[]>((resolve) => (letGo = () => resolve([])));
    let claims = 0;
    const loops = [
      loop('scheduler', async () => []),
      loop('dispatcher crm', () => (++claims === 1 ? Promise.resolve([]) : hanging)),
    ];
    for (const each of loops) each.start();
    await eventually(() => claims === 2);
    const checks = () =>
      livenessOf(
        loops.flatMap((each) => each.health()),
        clock.elapsed(),
      );
    const systemd = createSystemd({
      env: { NOTIFY_SOCKET: '/run/test-notify', WATCHDOG_USEC: '150000', PATH: notify.path },
      isAlive: () => isWell(checks()),
      status: async () => 'as ever',
      ...{ clock, logger },
    });
    systemd?.ready();
    await eventually(() => notify.reported().includes('WATCHDOG=1'));
    elapsed = 40_000;
    await eventually(() => checks()[0]?.problem === null);
    expect(probeText('livez', checks(), false)).toBe('dispatcher crm: no round for 40 s\n');
    const before = notify.reported().length;
    await eventually(() => notify.reported().slice(before).split('STATUS').length > 4);
    // The first of them may have been decided before.
    expect(notify.reported().slice(before).split('\n').slice(1).join('\n')).not.toContain('WATCHDOG');
    letGo();
    await eventually(() => notify.reported().slice(before).includes('WATCHDOG=1'));
    await systemd?.stopping();
    await Promise.all(loops.map((each) => each.stop(0)));
  });

  it('whose loops hang says how it stands, but not that it lives', async () => {
    const directory = await makeTempDirectory();
    onTestFinished(() => removeTempDirectory(directory));
    const notify = placeNotify(directory);
    const systemd = createSystemd({
      env: { NOTIFY_SOCKET: '/run/test-notify', WATCHDOG_USEC: '150000', PATH: notify.path },
      isAlive: () => false,
      status: async () => 'as ever',
      clock: systemClock,
      logger: pino({ level: 'silent' }),
    });
    systemd?.ready();
    await eventually(() => notify.reported().split('STATUS=as ever').length > 3);
    await systemd?.stopping();
    expect(notify.reported()).not.toContain('WATCHDOG');
  });
});

it('without systemd nothing is notified', () => {
  const never = () => Promise.reject(new Error('asked'));
  const parts = { isAlive: () => true, status: never, clock: systemClock, logger: pino({ level: 'silent' }) };
  expect(createSystemd({ env: {}, ...parts })).toBeNull();
});

it.each([
  ['60000000', 10_000],
  ['12000000', 4000],
  [undefined, 10_000],
  ['nonsense', 10_000],
])('a watchdog of %s µs hears something every %d ms', (usec, everyMs) => {
  expect(heartbeatMs(usec)).toBe(everyMs);
});

it('the status is one line with what matters', () => {
  const sink = {
    sink: 'crm',
    pending: 3,
    dead: 1,
    oldestPendingAt: 6000,
    isDeclared: true,
    since: 0,
    reason: 'x',
    pausedUntil: null,
  };
  const runs = [{ state: 'watching' as const, count: 12, longestUnseenAt: 0, lastSeenAt: 0 }];
  const current = { runs, sinks: [{ ...sink, state: 'failing' as const }], keyRefused: true };
  expect(statusLine(current, 10_000)).toBe(
    '12 runs active, 3 pending, oldest 4 s, 1 dead, sink crm failing, the API key is refused',
  );
});

it('the unit restarts what a restart can repair, and not what cannot', () => {
  const unit = readFileSync(
    fileURLToPath(new URL('../../config/systemd/findall-watch.service', import.meta.url)),
    'utf8',
  );
  expect(unit).toMatch(/^Type=notify$/m);
  expect(unit).toMatch(/^NotifyAccess=all$/m);
  // As `npm install --global --prefix /opt/findall-watch` places it; `npm run test:package` has systemd verify it.
  expect(unit).toMatch(/^ExecStart=\/opt\/findall-watch\/bin\/findall-watch serve$/m);
  expect(unit).toMatch(/^ExecReload=\/bin\/sh -c 'kill -HUP \$MAINPID'$/m);
  expect(unit).toMatch(/^RestartPreventExitStatus=64 77 78$/m);
  expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m);
});
