import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { DeliveryOutcome } from '../../../src/deliver/sink.ts';
import { type CommandSinkOptions, createCommandSink } from '../../../src/sinks/command/command-sink.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import { eventually } from '../../support/eventually.ts';
import { jsonLines } from '../../support/program-sandbox.ts';
import { matchEvent } from '../../builders/event-builders.ts';
import { describeSink } from '../sink-suite.ts';

const EVENTS = [1, 2, 3].map((n) => matchEvent('findall_a', `c${n}`, n));

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'findall-watch-command-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function sinkOf(command: CommandSinkOptions['command'], more: Partial<CommandSinkOptions> = {}) {
  const environment = { PATH: process.env.PATH ?? '' };
  const given = { name: 'cmd', command, maxBatch: 100, timeoutMs: 20_000, environment, ...more };
  return createCommandSink({ ...given, clock: systemClock });
}

/** How it goes with a program that does this. */
async function deliver(
  command: CommandSinkOptions['command'],
  more: Partial<CommandSinkOptions> & { events?: readonly RunEvent[]; signal?: AbortSignal } = {},
): Promise<DeliveryOutcome> {
  const { events = EVENTS, signal = new AbortController().signal, ...options } = more;
  return await sinkOf(command, options).deliver(events, { attempt: 1, signal });
}

/** A test's own use of a shell: the sink knows nothing of it. */
function shell(script: string, ...args: string[]): CommandSinkOptions['command'] {
  return ['/bin/sh', '-c', script, 'sh', ...args];
}

function node(script: string, ...args: string[]): CommandSinkOptions['command'] {
  return [process.execPath, '-e', script, ...args];
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A container's first process may leave the dead lying about.
  return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

async function pidIn(file: string): Promise<number> {
  return await eventually(() => (existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : 0));
}

function expectWholeLines(text: string): void {
  expect(text.endsWith('\n')).toBe(true);
  expect(text.isWellFormed()).toBe(true);
}

describeSink<string>('command', {
  async open() {
    const got = join(directory(), 'got.ndjson');
    return {
      sink: sinkOf(['tee', '-a', got]),
      taken() {
        if (!existsSync(got)) return [];
        const text = readFileSync(got, 'utf8');
        rmSync(got);
        return [text];
      },
    };
  },
  carried: (text) => jsonLines(text),
  ids: (text) => jsonLines<RunEvent>(text).map(({ id }) => id),
  withinLimits: expectWholeLines,
});

describe('a command', () => {
  it('gets its arguments as they are written: no shell reads them', async () => {
    const got = join(directory(), 'argv');
    const args = ['$HOME', '`id`', '$(id)', '; exit 9', '*', '', 'a b', '\u{1f600}"\'\\', '--', '-x', 'x\ny'];
    const script = 'require("node:fs").writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))';
    expect(await deliver(node(script, got, ...args))).toMatchObject({ kind: 'delivered' });
    expect(JSON.parse(readFileSync(got, 'utf8'))).toEqual(args);
  });

  it('is found on PATH when its name has no slash, each time it is run', async () => {
    const bin = directory();
    const environment = { PATH: bin };
    const late: DeliveryOutcome = { kind: 'retry', reason: 'send-crm is not on PATH' };
    expect(await deliver(['send-crm'], { environment })).toEqual(late);
    writeFileSync(join(bin, 'send-crm'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect(await deliver(['send-crm'], { environment })).toMatchObject({ kind: 'delivered' });
  });

  it('sees of our environment nothing but what it is given, and its first event’s id and type', async () => {
    process.env.CANARY_SECRET = 'canary';
    process.env.PARALLEL_API_KEY = 'canary';
    onTestFinished(() => {
      delete process.env.CANARY_SECRET;
      delete process.env.PARALLEL_API_KEY;
    });
    const got = join(directory(), 'env');
    const environment = { PATH: '/usr/bin:/bin', HOME: '/root', LANG: 'C.UTF-8' };
    expect(await deliver(['/bin/sh', '-c', `exec env > '${got}'`], { environment })).toEqual({
      kind: 'delivered',
      answer: 'exit 0',
    });
    const lines = readFileSync(got, 'utf8').trim().split('\n');
    // PWD, SHLVL and _ are the shell's own.
    expect(lines.filter((line) => !/^(?:PWD|SHLVL|_|OLDPWD)=/.test(line)).toSorted()).toEqual(
      [
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        `FINDALL_WATCH_EVENT_ID=${EVENTS[0]?.id}`,
        'FINDALL_WATCH_EVENT_TYPE=findall.candidate.matched',
      ].toSorted(),
    );
    expect(lines.join('\n')).not.toContain('canary');
  });

  it('need not read what it is given, however much it is', async () => {
    const big = { ...matchEvent(), metadata: { text: 'x'.repeat(3_000_000) } };
    expect(await deliver(['true'], { events: [big] })).toMatchObject({ kind: 'delivered' });
    expect(await deliver(shell('exec 0<&-; exit 0'), { events: [big] })).toMatchObject({ kind: 'delivered' });
    expect(await deliver(['false'], { events: [big] })).toEqual({
      kind: 'rejected',
      reason: 'the command ended with 1',
    });
  });

  it('may read slowly, and gets everything', async () => {
    const big = { ...matchEvent(), metadata: { text: 'x'.repeat(3_000_000) } };
    const got = join(directory(), 'got');
    expect(await deliver(shell('sleep 0.2; cat > "$1"', got), { events: [big, ...EVENTS] })).toEqual({
      kind: 'delivered',
      answer: 'exit 0',
    });
    expect(jsonLines(readFileSync(got, 'utf8'))).toEqual([big, ...EVENTS]);
  });

  it('may write as much as it likes to stdout and stderr', async () => {
    const loud = 'head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2; exit 0';
    expect(await deliver(shell(loud))).toMatchObject({ kind: 'delivered' });
  });

  it('is not waited for beyond its own end: what it leaves behind may hold its pipes', async () => {
    const pidFile = join(directory(), 'pid');
    const startedAt = performance.now();
    const outcome = await deliver(shell('sleep 30 & echo $! > "$1"; echo why >&2; exit 3', pidFile));
    const tookMs = performance.now() - startedAt;
    process.kill(await pidIn(pidFile), 'SIGKILL');
    expect(outcome).toEqual({ kind: 'rejected', reason: 'the command ended with 3: why' });
    expect(tookMs).toBeLessThan(5000);
  });
});

describe('what a command answers', () => {
  it.each([1, 2, 74, 76, 126, 127, 128, 143, 255])('%i: rejected', async (code) => {
    expect(await deliver(shell(`exit ${code}`))).toEqual({
      kind: 'rejected',
      reason: `the command ended with ${code}`,
    });
  });

  it('75: to be tried again', async () => {
    expect(await deliver(shell('echo busy >&2; exit 75'))).toEqual({
      kind: 'retry',
      reason: 'the command ended with 75: busy',
    });
  });

  it.each([
    ['is the last line of stderr', String.raw`first\nsecond\n`, 'second'],
    ['without a line break at its end', String.raw`first\nsecond`, 'second'],
    ['that is not blank', String.raw`why\n  \n\n`, 'why'],
    ['without what a terminal obeys', String.raw`a\033[31mb\007\342\200\256c\n`, 'a [31mb c'],
    ['in any bytes', String.raw`\377\376x\n`, '\ufffd\ufffdx'],
    ['after carriage returns', String.raw`10%%\r90%%\rno space`, 'no space'],
  ])('the reason %s', async (_, said, words) => {
    expect(await deliver(shell(`printf '${said}' >&2; exit 1`))).toEqual({
      kind: 'rejected',
      reason: `the command ended with 1: ${words}`,
    });
  });

  it('the reason is cut, and costs no memory', async () => {
    const outcome = await deliver(
      node('process.stderr.write("é".repeat(5e6), () => { process.exitCode = 1 })'),
    );
    expect(outcome).toEqual({
      kind: 'rejected',
      reason: `the command ended with 1: ${'é'.repeat(199)}…`,
    });
  });

  it('nothing of stdout is in the reason', async () => {
    expect(await deliver(shell('echo canary; exit 1'))).toMatchObject({ reason: 'the command ended with 1' });
  });

  it.each(['SIGKILL', 'SIGSEGV', 'SIGTERM'])('killed by %s: to be tried again', async (signal) => {
    expect(await deliver(shell(`kill -${signal.slice(3)} $$`))).toEqual({
      kind: 'retry',
      reason: `the command was killed by ${signal}`,
    });
  });
});

describe('a command that cannot be started is tried again', () => {
  it('because it is not there', async () => {
    expect(await deliver(['/no/such/thing'])).toEqual({
      kind: 'retry',
      reason: '/no/such/thing does not exist, or the interpreter in its first line does not',
    });
    const script = join(directory(), 'script');
    writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o755 });
    expect(await deliver([script])).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('does not'),
    });
  });

  it('because it may not be executed', async () => {
    const script = join(directory(), 'script');
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o644 });
    const denied: DeliveryOutcome = { kind: 'retry', reason: `${script} may not be executed` };
    expect(await deliver([script])).toEqual(denied);
    chmodSync(script, 0o755);
    expect(await deliver([script])).toMatchObject({ kind: 'delivered' });
    expect(await deliver([tmpdir()])).toEqual({ kind: 'retry', reason: `${tmpdir()} may not be executed` });
  });

  it('because its arguments are too long for the system', async () => {
    expect(await deliver(['true', 'x'.repeat(5_000_000)])).toEqual({
      kind: 'retry',
      reason: 'true could not be started: its arguments are too long',
    });
  });
});

describe('a command that takes too long', () => {
  it('is killed with everything it started, and tried again', async () => {
    const pidFile = join(directory(), 'pid');
    const outcome = await deliver(shell('sleep 60 & echo $! > "$1"; wait', pidFile), { timeoutMs: 300 });
    expect(outcome).toEqual({
      kind: 'retry',
      reason: 'the command did not end within 300 ms and was killed',
    });
    const pid = await pidIn(pidFile);
    await eventually(() => !lives(pid), { within: 20_000 });
  });

  it('is killed for good when it does not want to end', async () => {
    const pidFile = join(directory(), 'pid');
    const stubborn = shell('trap "" TERM; echo $$ > "$1"; while :; do sleep 0.1; done', pidFile);
    const startedAt = performance.now();
    expect(await deliver(stubborn, { timeoutMs: 300 })).toMatchObject({ kind: 'retry' });
    // The claim holds for five seconds beyond the timeout.
    expect(performance.now() - startedAt).toBeLessThan(4000);
    expect(lives(await pidIn(pidFile))).toBe(false);
  });

  it('may tidy up when it is asked to end; its exit code then says nothing', async () => {
    const tidied = join(directory(), 'tidied');
    const tidy = shell('trap "echo > $1; exit 0" TERM; sleep 60 & wait', tidied);
    expect(await deliver(tidy, { timeoutMs: 500 })).toMatchObject({ kind: 'retry' });
    expect(existsSync(tidied)).toBe(true);
  });

  it('does not take others with it: each has a group of its own', async () => {
    const [slow, quick] = await Promise.all([
      deliver(['sleep', '60'], { timeoutMs: 200 }),
      deliver(['sleep', '0.6']),
    ]);
    expect(slow.kind).toBe('retry');
    expect(quick.kind).toBe('delivered');
  });
});

describe('a shutdown', () => {
  it('kills the command and what it started, and rejects', async () => {
    const pidFile = join(directory(), 'pid');
    const shutdown = new AbortController();
    const attempt = deliver(shell('sleep 60 & echo $! > "$1"; wait', pidFile), { signal: shutdown.signal });
    const rejection = attempt.then(
      () => new Error('it did not reject'),
      (error: unknown) => error,
    );
    const pid = await pidIn(pidFile);
    shutdown.abort(new Error('shutdown'));
    expect(await rejection).toEqual(new Error('shutdown'));
    await eventually(() => !lives(pid), { within: 20_000 });
  });

  it('that comes before the attempt starts nothing', async () => {
    const made = join(directory(), 'made');
    await expect(
      deliver(['touch', made], { signal: AbortSignal.abort(new Error('shutdown')) }),
    ).rejects.toThrow('shutdown');
    expect(existsSync(made)).toBe(false);
  });

  it('after the command ended changes nothing of its answer', async () => {
    const shutdown = new AbortController();
    expect(await deliver(['true'], { signal: shutdown.signal })).toMatchObject({ kind: 'delivered' });
    shutdown.abort();
  });
});
