import { type ChildProcess, spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EVENT_TYPES } from '../../../src/events/catalogue.ts';
import { createLogSink } from '../../../src/sinks/log/log-sink.ts';
import type { RunEvent } from '../../../src/run-event.ts';
import { openFifo } from '../../support/fifo.ts';
import { jsonLines } from '../../support/program-sandbox.ts';
import { matchEvent } from '../../builders/event-builders.ts';

const context = { attempt: 1, signal: new AbortController().signal };

describe('the log sink', () => {
  it('writes a line an event, in order, with everything under `event`', async () => {
    const lines: [string, object][] = [];
    const sink = createLogSink('log', async (message, fields) => (lines.push([message, fields]), 'written'));
    const events = [matchEvent('findall_a', 'c1', 1), matchEvent('findall_a', 'c2', 2)] as const;
    expect(await sink.deliver(events, context)).toEqual({ kind: 'delivered' });
    expect(lines).toEqual(events.map((event) => ['match found', { event }]));
  });

  it('has a constant message of its own for every type', async () => {
    const messages: string[] = [];
    const sink = createLogSink('log', async (message) => (messages.push(message), 'written'));
    for (const type of EVENT_TYPES) await sink.deliver([{ ...matchEvent(), type } as RunEvent], context);
    expect(new Set(messages).size).toBe(EVENT_TYPES.length);
    for (const message of messages) expect(message).toMatch(/^[a-z ]+$/);
  });

  it('does not claim what could not be written, and stops there', async () => {
    let writes = 0;
    const sink = createLogSink('log', async () => (++writes === 2 ? new Error('full') : 'written'));
    const events: [RunEvent, ...RunEvent[]] = [matchEvent(), matchEvent(), matchEvent()];
    expect(await sink.deliver(events, context)).toEqual({
      kind: 'retry',
      reason: 'stdout cannot be written',
    });
    expect(writes).toBe(2);
  });

  it('gives up waiting for the reader when we stop, claims nothing and leaves no listener', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    const sink = createLogSink('log', (message) => (lines.push(message), new Promise(() => {})));
    const delivering = sink.deliver([matchEvent(), matchEvent()], { attempt: 1, signal: stop.signal });
    stop.abort(new Error('stopping'));
    await expect(delivering).rejects.toThrow('stopping');
    expect(lines).toEqual(['match found']);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    await expect(sink.deliver([matchEvent()], { attempt: 1, signal: stop.signal })).rejects.toThrow(
      'stopping',
    );
    expect(lines).toEqual(['match found']);
  });
});

/** A real process with the log sink; each `deliver(n)` asks it to deliver n events: see `write-events.ts`. */
function writer({ level = 'info', stdout = 'pipe' }: { level?: string; stdout?: 'pipe' | number } = {}) {
  const entry = fileURLToPath(new URL('write-events.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [entry, level], { stdio: ['pipe', stdout, 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const outcomes = createInterface(child.stderr as Readable)[Symbol.asyncIterator]();
  return {
    child,
    async deliver(count = 1, { padding = 0, repeats = 1 } = {}): Promise<unknown> {
      child.stdin?.write(`${count} ${padding} ${repeats}\n`);
      const { value } = await outcomes.next();
      return JSON.parse(String(value));
    },
  };
}

describe('a process that logs to stdout', () => {
  it('writes one JSON line an event, with any log level', async () => {
    const { child, deliver } = writer({ level: 'silent' });
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    expect(await deliver(3)).toEqual({ kind: 'delivered' });
    child.stdin?.end();
    await once(child, 'close');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual(
      [1, 2, 3].map((n) => ({
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        msg: 'match found',
        event: matchEvent('findall_a', `c${n}`, n),
      })),
    );
  });

  it('has nothing delivered once its reader has gone, however often it tries, and does not crash', async () => {
    const { child, deliver } = writer();
    expect(await deliver()).toEqual({ kind: 'delivered' });
    child.stdout?.destroy();
    for (let attempt = 0; attempt < 4; attempt++) {
      expect(await deliver(2)).toEqual({ kind: 'retry', reason: 'stdout cannot be written' });
    }
    child.stdin?.end();
    const [code, signal] = await once(child, 'close');
    expect([code, signal]).toEqual([0, null]);
  });

  it('has nothing delivered while the disk is full', async () => {
    const { deliver } = writer({ stdout: openSync('/dev/full', 'w') });
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await deliver()).toEqual({ kind: 'retry', reason: 'stdout cannot be written' });
    }
  });

  it('keeps a bounded backlog for a reader that stalls, says how much was dropped, and tears no line', async () => {
    const fifo = openFifo();
    const { child, deliver } = writer({ stdout: fifo.writeEnd });
    fifo.closeWriteEnd();
    const rounds = 10;
    const memory: number[] = [];
    for (let round = 0; round < rounds; round++) {
      // 10 MB a round.
      const { rss } = (await deliver(0, { padding: 1000, repeats: 10_000 })) as { rss: number };
      memory.push(rss);
    }
    expect((memory.at(-1) ?? 0) - (memory[0] ?? 0)).toBeLessThan(50e6);
    const event = deliver(1);
    fifo.read();
    expect(await event).toEqual({ kind: 'delivered' });
    expect(await deliver(1)).toEqual({ kind: 'delivered' });
    child.stdin?.end();
    await fifo.ended;

    const lines = jsonLines<{ msg: string; lines?: number; event?: object }>(fifo.text());
    const [dropped, ...more] = lines.filter((line) => line.msg.startsWith('log lines dropped'));
    expect(more).toEqual([]);
    expect(dropped).toMatchObject({ level: 'warn', lines: expect.any(Number) });
    const kept = lines.filter(({ msg }) => msg === 'a line of the program itself').length;
    expect(kept + (dropped?.lines ?? 0)).toBe(rounds * 10_000 + 2);
    expect(kept).toBeGreaterThan(900);
    expect(kept).toBeLessThan(1300);
    expect(lines.filter((line) => line.event)).toHaveLength(2);
  });

  it('has its lines out when it is killed right after them, as long as its reader keeps up', async () => {
    const fifo = openFifo();
    const { child, deliver } = writer({ stdout: fifo.writeEnd });
    fifo.closeWriteEnd();
    // All of it fits into the pipe: nothing is read before the process is dead.
    await deliver(0, { padding: 1000, repeats: 30 });
    child.kill('SIGKILL');
    await once(child, 'close');
    fifo.read();
    await fifo.ended;
    expect(jsonLines(fifo.text())).toHaveLength(30);
  });

  it('ends in time although nobody reads', async () => {
    const fifo = openFifo();
    const { child, deliver } = writer({ stdout: fifo.writeEnd });
    fifo.closeWriteEnd();
    await deliver(0, { padding: 1000, repeats: 2000 });
    child.stdin?.end();
    const asked = performance.now();
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(performance.now() - asked).toBeLessThan(3000);
  });
});
