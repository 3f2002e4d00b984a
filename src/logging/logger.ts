import pino from 'pino';
import type { Clock } from '../clock.ts';
import { harmlessJson, type JsonText } from '../text/harmless-json.ts';
import { composeJson } from '../text/json-line.ts';
import { isJournal, journalLine } from './journal.ts';
import { createTextTarget } from './log-target.ts';
import { openDescriptor } from './open-descriptor.ts';

export type Logger = pino.Logger;

/** The program's log: JSON lines for machines, the same lines made readable on a terminal. */
export interface LogOutput {
  /** Diagnostics. Never waits; what a reader that stalls leaves unread is dropped beyond a bound, and counted. */
  logger: Logger;
  /**
   * Writes one line at every level and resolves once it has reached the kernel, or cannot. For the log sink, whose
   * "delivered" means written; nobody else may wait for a reader. `kept`: the JSON of those fields that is written as it is.
   */
  writeLine(
    message: string,
    fields: Record<string, unknown>,
    kept?: Readonly<Record<string, JsonText>>,
  ): Promise<'written' | Error>;
  /** Ends the log: writes what is queued, for a second at most. */
  close(clock: Clock): Promise<void>;
}

export interface LogOptions {
  level: string;
  /** 1 for the daemon, 2 where stdout belongs to a command's answer, or a writer that shares a terminal. */
  to: 1 | 2 | { write(text: string): void };
  /** `JOURNAL_STREAM` of the environment: where the descriptor is the journal, each line says its priority and stays whole. */
  journalStream?: string | undefined;
}

/**
 * Opens the log. No line is lost when the process dies right after it, unless a reader was behind; and a line that
 * `writeLine` calls written is out of our hands.
 */
export function openLog({ level, to, journalStream }: LogOptions): LogOutput {
  const shaped =
    typeof to === 'number' && isJournal(to, journalStream) ? journalLine : (line: string) => line;
  const target = typeof to === 'number' ? openDescriptor(to, reportDropped) : createTextTarget(to);
  const logger = openPino(level, (line) => target.write(shaped(line)));

  function reportDropped(lines: number): void {
    logger.child({}, { level: 'warn' }).warn({ lines }, 'log lines dropped: nobody was reading');
  }

  return {
    logger,
    writeLine(message, fields, kept = {}) {
      const rest = composeJson({ ...fields, msg: message }, kept).slice(1);
      const line = harmlessJson(`{"level":"info"${pino.stdTimeFunctions.isoTime()},${rest}`);
      return target.writePending(shaped(`${line}\n`));
    },
    close: (clock) => target.close(clock),
  };
}

function openPino(level: string, write: (line: string) => void): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // What the web sent is in it, and somebody reads it on a terminal.
    { write: (line: string) => write(`${harmlessJson(line.slice(0, -1))}\n`) },
  );
}
