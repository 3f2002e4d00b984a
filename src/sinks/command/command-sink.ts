/** The only file that starts processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import type { Readable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import type { RunEvent } from '../../run-event.ts';
import { TOO_MANY_FILES } from '../../system/descriptors.ts';
import { cleanText } from '../../text/clean-text.ts';
import { tryProgram } from './try-program.ts';
import { eventJson } from '../kit/event-json.ts';
import { plainText } from '../kit/spans.ts';
import type { DeliveryOutcome, Sink } from '../../deliver/sink.ts';
import type { TextContext } from '../kit/texts.ts';

export interface CommandSinkOptions {
  name: string;
  /** Program and arguments, handed to the system as they are. A program without a slash is looked for on PATH. */
  command: readonly [string, ...string[]];
  maxBatch: number;
  timeoutMs: number;
  /** All that the command gets of an environment, but for the id and type of its first event. */
  environment: Readonly<Record<string, string>>;
  clock: Clock;
}

/** EX_TEMPFAIL of sysexits.h. */
const TRY_AGAIN = 75;

/** Between asking a command to end and killing it. The lease of its deliveries is renewed meanwhile. */
const GRACE_MS = 1000;
const LOOK_MS = 20;

/** How long a command's last words may take after its end, while something it started still holds the pipe. */
const LAST_WORDS_MS = 250;
const LAST_WORDS_BYTES = 4096;
const LAST_WORDS_LENGTH = 200;

type End =
  | { kind: 'not-started'; code: string }
  | { kind: 'exited'; code: number | null; signal: NodeJS.Signals | null };

/**
 * Runs the command once per message, events as JSON lines, or the operator's texts with a line break each, on its stdin. Its exit code is its answer: 0 delivered,
 * 75 try again, anything else rejected. No shell is involved and nothing of an event becomes an argument.
 */
export function createCommandSink(options: CommandSinkOptions): Sink {
  const { name, maxBatch, timeoutMs, clock } = options;
  return {
    name,
    maxBatch,
    // One hanging command must not hold up every run.
    concurrency: 4,
    async deliver(events, context: TextContext) {
      const { signal, texts } = context;
      const [first] = events;
      if (!first) return { kind: 'delivered' };
      signal.throwIfAborted();
      const input = events.map((event) => {
        const text = texts?.get(event.id);
        return `${text ? plainText(text) : eventJson(event, context)}\n`;
      });
      const attempt = tryTo(() => start(options, first, input.join('')));
      if (typeof attempt === 'string') return notStarted(options.command[0], attempt);
      const end = await firstOf(attempt.end, timeoutMs, clock, signal);
      if (end === undefined) {
        await attempt.kill();
        signal.throwIfAborted();
        return { kind: 'retry', reason: `the command did not end within ${timeoutMs} ms and was killed` };
      }
      return judge(end, options.command[0], await attempt.lastWords());
    },
    probe: async () => tryProgram(options),
    async close() {},
  };
}

/** What `action` gives, or the code of the system error that it throws. */
function tryTo<T extends object>(action: () => T): T | string {
  try {
    return action();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return code;
  }
}

function judge(end: End, program: string, lastWords: string): DeliveryOutcome {
  if (end.kind === 'not-started') return notStarted(program, end.code);
  const { code, signal } = end;
  if (code === 0) return { kind: 'delivered', answer: 'exit 0' };
  // Neither its answer nor ours: out of memory, somebody's kill, a crash.
  if (code === null) return { kind: 'retry', reason: `the command was killed by ${signal ?? 'a signal'}` };
  const reason = `the command ended with ${code}${lastWords === '' ? '' : `: ${lastWords}`}`;
  return { kind: code === TRY_AGAIN ? 'retry' : 'rejected', reason };
}

/** What the machine or the user's limits have no room for. */
const NO_ROOM: Readonly<Record<string, string>> = {
  ...TOO_MANY_FILES,
  EAGAIN: 'too many processes are running: raise the limit (ulimit -u; TasksMax= in a systemd unit)',
  ENOMEM: 'there is not enough memory',
  E2BIG: 'its arguments are too long',
};

/** Passing: programs get installed and permissions fixed, and nothing was wrong with the event. */
function notStarted(program: string, code: string): DeliveryOutcome {
  const shown = cleanText(program, LAST_WORDS_LENGTH);
  const missing = program.includes('/')
    ? `${shown} does not exist, or the interpreter in its first line does not`
    : `${shown} is not on PATH`;
  const reasons: Record<string, string> = { ENOENT: missing, EACCES: `${shown} may not be executed` };
  const reason = reasons[code] ?? `${shown} could not be started: ${NO_ROOM[code] ?? code}`;
  return { kind: 'retry', reason };
}

/** A command on its way, with everything it starts in a process group of its own. */
interface Running {
  /** Of the command alone: what it leaves behind may live on and hold its pipes, nobody waits for that. */
  end: Promise<End>;
  /** The last line of stderr, fit for a log. Lets go of the pipes. */
  lastWords(): Promise<string>;
  /** Asks the whole group to end, and kills what is left of it after a moment. */
  kill(): Promise<void>;
}

/** Starts the command and hands it `input`. Some failures to start are thrown (`code`), others are an `end`. */
function start(options: CommandSinkOptions, { id, type }: RunEvent, input: string): Running {
  const [program, ...args] = options.command;
  const child: ChildProcess = spawn(program, args, {
    env: { ...options.environment, FINDALL_WATCH_EVENT_ID: id, FINDALL_WATCH_EVENT_TYPE: type },
    // stdout has no meaning, and /dev/null never fills up.
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  const end = new Promise<End>((resolve) => {
    child.on('error', (error) => resolve({ kind: 'not-started', code: codeOf(error) ?? error.name }));
    child.once('exit', (code, signal) => resolve({ kind: 'exited', code, signal }));
  });
  // Without pipes where the system gave none: Node leaves them undefined then, and reports the error later.
  const said = tailOf(child.stderr ?? null);
  // A command need not read what it is given: only its exit code says whether it wanted to.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);

  function letGo(): void {
    child.stdin?.destroy();
    child.stderr?.destroy();
  }

  return {
    end,
    async lastWords() {
      await firstOf(said.ended, LAST_WORDS_MS, options.clock);
      letGo();
      return lastLine(said.tail());
    },
    async kill() {
      await endGroup(child.pid, options.clock);
      // One that hangs within the kernel does not even die: it is left to itself.
      await firstOf(end, GRACE_MS, options.clock);
      letGo();
      child.unref();
    },
  };
}

async function endGroup(pid: number | undefined, clock: Clock): Promise<void> {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  for (let waited = 0; waited < GRACE_MS && signalGroup(pid, 0); waited += LOOK_MS) {
    await clock.sleep(LOOK_MS);
  }
  signalGroup(pid, 'SIGKILL');
}

/** Whether there was somebody to get it. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** Reads `stream` to its end and keeps its last bytes. */
function tailOf(stream: Readable | null): { ended: Promise<void>; tail(): Buffer } {
  let tail = Buffer.alloc(0);
  const ended = new Promise<void>((resolve) => {
    if (stream === null) return resolve();
    stream.on('data', (chunk: Buffer) => {
      tail = Buffer.concat([tail, chunk]).subarray(-LAST_WORDS_BYTES);
    });
    stream.on('error', () => {});
    stream.once('close', () => resolve());
  });
  return { ended, tail: () => tail };
}

function lastLine(bytes: Buffer): string {
  const lines = bytes.toString('utf8').split(/[\n\r]+/);
  return cleanText(lines.findLast((line) => cleanText(line) !== '') ?? '', LAST_WORDS_LENGTH);
}

/** What `promise` gives; undefined when `ms` or an abort came first. */
async function firstOf<T>(
  promise: Promise<T>,
  ms: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const decided = new AbortController();
  const cut = signal === undefined ? decided.signal : AbortSignal.any([signal, decided.signal]);
  try {
    return await Promise.race([promise, clock.sleep(ms, cut).then(() => undefined)]);
  } finally {
    decided.abort();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
