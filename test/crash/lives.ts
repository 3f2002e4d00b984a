/** Lives of programs that end with SIGKILL. */
import { setTimeout as wait } from 'node:timers/promises';
import type { RunEvent } from '../../src/run-event.ts';
import { eventually } from '../support/eventually.ts';
import type { Exit, Program } from '../support/run-program.ts';

/** What a busy machine may take for a start. */
const START_MS = 30_000;

export interface Life {
  exit: Exit;
  /** Epoch ms. */
  endedAt: number;
  /** It was this module that killed it. */
  wasKilled: boolean;
  /** It got to its first words. */
  hasStarted: boolean;
}

export interface LifeOptions {
  /** From its first words to its death. */
  forMs: number;
  /** Ends the life at once. */
  over?: AbortSignal;
  onStart?(): void;
}

/** Lets a program live for a while after its first words, then kills it. */
export async function live(program: Program, { forMs, over, onStart }: LifeOptions): Promise<Life> {
  const gone = new AbortController();
  const signal = over ? AbortSignal.any([gone.signal, over]) : gone.signal;
  const execution = untilDeath(program, { forMs, signal, onStart }).then(() => {
    if (!gone.signal.aborted) program.kill('SIGKILL');
    return undefined;
  });
  const exit = await program.exited;
  const endedAt = Date.now();
  const wasKilled = program.child.killed;
  gone.abort();
  await execution;
  return { exit, endedAt, wasKilled, hasStarted: hasSpoken(program) };
}

async function untilDeath(
  program: Program,
  { forMs, signal, onStart }: { forMs: number; signal: AbortSignal; onStart: (() => void) | undefined },
): Promise<void> {
  await untilStarted(program, signal);
  if (hasSpoken(program)) onStart?.();
  // It may be gone before.
  await wait(forMs, undefined, { signal }).catch(() => {});
}

/** It has written its first words, or `signal` says that nobody waits for them. */
export async function untilStarted(program: Program, signal: AbortSignal): Promise<void> {
  await eventually(() => signal.aborted || hasSpoken(program), {
    within: START_MS,
    what: 'the start of a program',
  }).catch(() => {});
}

function hasSpoken({ stdout, stderr }: Program): boolean {
  return stdout() !== '' || stderr() !== '';
}

/** Throws unless a daemon died by SIGKILL: none may end by itself. */
export function mustBeKilled({ exit }: Life, { stdout, stderr }: Program): void {
  if (exit.signal === 'SIGKILL') return;
  throw new Error(`a daemon ended by itself (${JSON.stringify(exit)}): ${stderr()}${stdout()}`);
}

/** Events among the lines of a log. The last line of a killed process may be torn. */
export function eventsIn(stdout: string): RunEvent[] {
  return stdout
    .split('\n')
    .filter((line) => line.includes('"event":'))
    .flatMap((line) => parsed<{ event: RunEvent }>(line))
    .map(({ event }) => event);
}

/** The line as a value, or nothing if it is torn. */
export function parsed<T>(line: string): T[] {
  try {
    return [JSON.parse(line) as T];
  } catch {
    return [];
  }
}
