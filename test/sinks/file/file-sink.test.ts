import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { DeliveryOutcome } from '../../../src/deliver/sink.ts';
import { createFileSink } from '../../../src/sinks/file/file-sink.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import { jsonLines } from '../../support/program-sandbox.ts';
import { matchEvent } from '../../builders/event-builders.ts';
import { describeSink } from '../sink-suite.ts';

const EVENTS = [1, 2, 3].map((n) => matchEvent('findall_a', `c${n}`, n));
const DELIVERED: DeliveryOutcome = { kind: 'delivered' };

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'findall-watch-file-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function sinkTo(path: string) {
  const sink = createFileSink({ name: 'file', path, clock: systemClock });
  return (events: readonly RunEvent[] = EVENTS, signal = new AbortController().signal) =>
    sink.deliver(events, { attempt: 1, signal });
}

function eventsIn(path: string): RunEvent[] {
  return jsonLines(readFileSync(path, 'utf8'));
}

/** The permission bits of a path. */
function modeOf(path: string): number {
  return statSync(path).mode % 0o1000;
}

/** A process with a file sink; see append-events.ts for the arguments. */
function writer(args: readonly (string | number)[], before = ''): ChildProcess {
  const entry = fileURLToPath(new URL('append-events.ts', import.meta.url));
  const command = [process.execPath, entry, ...args.map(String)];
  const child = spawn('sh', ['-c', `${before} exec "$@"`, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function outcomesOf(child: ChildProcess): Promise<DeliveryOutcome[]> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(child, 'close');
  return jsonLines(text);
}

/** Printed to a terminal it does nothing. */
function expectHarmlessLines(text: string): void {
  expect(text.endsWith('\n')).toBe(true);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
}

describeSink<string>('file', {
  open: async () => {
    const path = join(directory(), 'events.ndjson');
    return {
      sink: createFileSink({ name: 'file', path, clock: systemClock }),
      taken() {
        if (!existsSync(path)) return [];
        const text = readFileSync(path, 'utf8');
        rmSync(path);
        return [text];
      },
    };
  },
  carried: (text) => jsonLines(text),
  ids: (text) => jsonLines<RunEvent>(text).map(({ id }) => id),
  withinLimits: expectHarmlessLines,
});

describe('a file', () => {
  it('is made with its directory, for its owner only', async () => {
    const path = join(directory(), 'a', 'b', 'events.ndjson');
    expect(await sinkTo(path)()).toEqual(DELIVERED);
    expect(eventsIn(path)).toEqual(EVENTS);
    expect(modeOf(path)).toBe(0o600);
    expect(modeOf(dirname(path))).toBe(0o700);
  });

  it('that is there keeps its mode and what is in it', async () => {
    const path = join(directory(), 'events.ndjson');
    writeFileSync(path, '{"old":1}\n');
    chmodSync(path, 0o640);
    expect(await sinkTo(path)()).toEqual(DELIVERED);
    expect(eventsIn(path)).toEqual([{ old: 1 }, ...EVENTS]);
    expect(modeOf(path)).toBe(0o640);
  });

  it('that is renamed, removed or cut short between batches is gone on with under its name', async () => {
    const path = join(directory(), 'events.ndjson');
    const deliver = sinkTo(path);
    await deliver(EVENTS.slice(0, 1));
    renameSync(path, `${path}.1`);
    await deliver(EVENTS.slice(1, 2));
    expect(eventsIn(`${path}.1`)).toEqual(EVENTS.slice(0, 1));
    expect(eventsIn(path)).toEqual(EVENTS.slice(1, 2));
    rmSync(path);
    await deliver(EVENTS.slice(2));
    expect(eventsIn(path)).toEqual(EVENTS.slice(2));
    truncateSync(path);
    await deliver();
    expect(eventsIn(path)).toEqual(EVENTS);
  });

  it.each([['there'], ['missing']])(
    'is not reached through a link, which somebody else may have put there: %s',
    async (target) => {
      const home = directory();
      writeFileSync(join(home, 'there'), 'as it was');
      symlinkSync(join(home, target), join(home, 'link'));
      const path = join(home, 'link');
      expect(await sinkTo(path)()).toEqual({
        kind: 'retry',
        reason: `${path}: it is a symbolic link: name the file that it leads to`,
      });
      expect(readFileSync(join(home, 'there'), 'utf8')).toBe('as it was');
      expect(existsSync(join(home, 'missing'))).toBe(false);
    },
  );

  it('is not kept open', async () => {
    const path = join(directory(), 'events.ndjson');
    const open = () => readdirSync('/proc/self/fd').length;
    const deliver = sinkTo(path);
    await deliver();
    const before = open();
    for (let n = 0; n < 20; n++) await deliver();
    expect(open()).toBeLessThan(before + 5);
  });
});

describe('a line that was torn', () => {
  it('by the kill of its writer is closed, and every later line parses', async () => {
    const path = join(directory(), 'events.ndjson');
    const line = JSON.stringify(matchEvent());
    const script = `const { openSync, writeSync } = require('node:fs');
      writeSync(openSync(process.argv[1], 'a'), process.argv[2]);
      console.log('written');
      setInterval(() => {}, 1000);`;
    for (const length of [1, 100, line.length - 1, line.length]) {
      const half = line.slice(0, length);
      const child = spawn(process.execPath, ['-e', script, path, half], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(await sinkTo(path)()).toEqual(DELIVERED);
      const lines = readFileSync(path, 'utf8').split('\n');
      expect(lines.slice(-5)).toEqual([half, ...EVENTS.map((event) => JSON.stringify(event)), '']);
    }
  });

  it('costs one line, whenever processes are killed that write to the file', async () => {
    const path = join(directory(), 'events.ndjson');
    let kept = 0;
    for (let round = 1; round <= 6; round++) {
      const child = writer([path, round, 1000, 100, 3000]);
      child.stdout?.on('data', (chunk: Buffer) => (kept += chunk.toString().split('\n').length - 1));
      await once(child.stdout!, 'data');
      await systemClock.sleep(round * 7);
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    expect(await sinkTo(path)()).toEqual(DELIVERED);
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const whole = lines.filter(parses);
    expect(lines.length - whole.length).toBeLessThanOrEqual(6);
    // What was called delivered is there.
    expect(whole.length).toBeGreaterThanOrEqual(kept * 100 + EVENTS.length);
    expect(whole.slice(-EVENTS.length).map((line) => JSON.parse(line) as unknown)).toEqual(EVENTS);
  });

  it('is waited for while somebody writes it', async () => {
    const path = join(directory(), 'events.ndjson');
    const line = JSON.stringify({ slow: 'x'.repeat(300) });
    appendFileSync(path, line.slice(0, 10));
    const attempt = sinkTo(path)();
    for (let at = 10; at < line.length; at += 30) {
      appendFileSync(path, line.slice(at, at + 30));
      await systemClock.sleep(4);
    }
    appendFileSync(path, '\n');
    expect(await attempt).toEqual(DELIVERED);
    expect(eventsIn(path)).toEqual([JSON.parse(line), ...EVENTS]);
  });
});

function parses(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

describe('several processes', () => {
  it('append to one file without a line within another', async () => {
    const path = join(directory(), 'events.ndjson');
    const children = ['a', 'b', 'c'].map((name) => writer([path, name, 40, 100, 2000]));
    const outcomes = await Promise.all(children.map(outcomesOf));
    expect(outcomes.flat()).toEqual(Array.from({ length: 120 }, () => DELIVERED));
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain('\n\n');
    const events = eventsIn(path);
    expect(events).toHaveLength(12_000);
    // A batch stays in one piece.
    const batches = events.map(({ metadata }) => JSON.stringify([metadata?.writer, metadata?.batch]));
    expect(batches.filter((batch, n) => batch !== batches[n - 1])).toHaveLength(120);
  });
});

describe('what cannot be written is tried again, and says why', () => {
  it.each([
    ['a directory', '.', 'it is a directory'],
    ['below a file', 'plain/events.ndjson', 'a part of its path is no directory'],
    ['a link to itself', 'loop', 'it is a symbolic link: name the file that it leads to'],
    ['a name beyond all bounds', 'x'.repeat(300), 'its name is too long'],
  ])('%s', async (_, name, fault) => {
    const home = directory();
    writeFileSync(join(home, 'plain'), '');
    symlinkSync('loop', join(home, 'loop'));
    const path = join(home, name);
    expect(await sinkTo(path)()).toEqual({ kind: 'retry', reason: `${path}: ${fault}` });
  });

  it.each(['/dev/null', '/dev/full'])('%s, where nothing stays', async (path) => {
    expect(await sinkTo(path)()).toEqual({ kind: 'retry', reason: `${path}: it is no regular file` });
  });

  it('a file without permission', async () => {
    const home = directory();
    chmodSync(home, 0o755);
    const path = join(home, 'events.ndjson');
    writeFileSync(path, '', { mode: 0o400 });
    // Root may write anything: as nobody then.
    const entry = `import { createFileSink } from ${JSON.stringify(new URL('../../../src/sinks/file/file-sink.ts', import.meta.url).href)};
      process.setuid?.(process.getuid?.() === 0 ? 65534 : process.getuid?.());
      const sink = createFileSink({ name: 'file', path: process.argv[1], clock: {} });
      const outcome = await sink.deliver([{}], { attempt: 1, signal: new AbortController().signal });
      console.log(JSON.stringify(outcome));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', entry, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(await outcomesOf(child)).toEqual([
      { kind: 'retry', reason: `${path}: no permission to write it` },
    ]);
  });

  it('a file that has no room for all of it, with no line lost or torn once there is', async () => {
    const path = join(directory(), 'events.ndjson');
    // 64 blocks of 512 bytes (or of 1 KiB, by the shell): the first write ends short, the next finds no room at all.
    const child = writer([path, 'x', 3, 100, 1000], 'trap "" XFSZ; ulimit -f 64;');
    const reasons = (await outcomesOf(child)).map((outcome) => 'reason' in outcome && outcome.reason);
    expect(reasons[0]).toBe(`${path}: only a part could be written (is the disk full?)`);
    expect(reasons.slice(1)).toEqual([1, 2].map(() => `${path}: it may not grow any larger`));
    expect(await sinkTo(path)()).toEqual(DELIVERED);
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    expect(lines.filter((line) => !parses(line)).length).toBeLessThanOrEqual(1);
    expect(lines.slice(-3).map((line) => JSON.parse(line) as unknown)).toEqual(EVENTS);
  });

  it('until it can be', async () => {
    const path = join(directory(), 'events.ndjson');
    mkdirSync(path);
    const deliver = sinkTo(path);
    expect(await deliver()).toMatchObject({ kind: 'retry' });
    rmSync(path, { recursive: true });
    expect(await deliver()).toEqual(DELIVERED);
  });
});
