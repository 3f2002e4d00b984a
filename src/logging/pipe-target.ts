import { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import type { LogTarget } from './log-target.ts';

/** Diagnostics beyond so much unread text (characters) are dropped. */
const MOST_QUEUED = 1024 * 1024;
/** How long a close waits for the reader. */
const DRAIN_MS = 1000;

/**
 * A pipe or socket, written without ever waiting for its reader. As long as that one keeps up, a line is in the kernel
 * when `write` returns; when it stalls, lines queue here in order.
 *
 * A socket of Node, because libuv polls it: `fs.write` would put the wait into a thread that the end of the process
 * joins. libuv leaves descriptors up to 2 open when it closes a handle, so no later file can become "stdout".
 *
 * From the first dropped diagnostic on all are, until the queue is empty: `reportDropped` is called then, once.
 */
export function createPipeTarget(fd: number, reportDropped: (lines: number) => void): LogTarget {
  const socket = new Socket({ fd, readable: false, writable: true });
  let gone: Error | undefined;
  let dropped = 0;
  let onSettled: (() => void) | undefined;
  socket.on('error', (error) => (gone = error));

  function send(line: string, onWritten?: (result: 'written' | Error) => void): void {
    socket.write(line, (error) => {
      if (error) gone ??= error;
      onWritten?.(error ?? 'written');
      if (!gone && isEmpty() && dropped > 0) reportWhatWasDropped();
      if (gone || isEmpty()) onSettled?.();
    });
  }

  const isEmpty = () => socket.writableLength === 0;

  function reportWhatWasDropped(): void {
    const lines = dropped;
    dropped = 0;
    reportDropped(lines);
  }

  return {
    write(line) {
      if (gone) return;
      if (dropped > 0 || socket.writableLength > MOST_QUEUED) dropped += 1;
      else send(line);
    },
    async writePending(line) {
      return gone ?? (await new Promise((resolve) => send(line, resolve)));
    },
    async close(clock) {
      if (!gone && !isEmpty()) await settled(clock);
      gone ??= new Error('the log is closed');
      // What is still queued would keep the process alive for as long as nobody reads.
      socket.destroy();
    },
  };

  async function settled(clock: Clock): Promise<void> {
    const over = new AbortController();
    onSettled = () => over.abort();
    await clock.sleep(DRAIN_MS, over.signal);
  }
}
