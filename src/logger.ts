import pino from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Logger = pino.Logger;

/** The program's log: JSON lines for machines, the same lines made readable on a terminal. */
export interface LogOutput {
  logger: Logger;
  /**
   * Writes one line whatever the level, and says whether it has reached the file descriptor. For the log sink, whose
   * "delivered" means written.
   */
  writeLine(message: string, fields: Record<string, unknown>): 'written' | Error;
}

export interface LogOptions {
  level: string;
  /** 1 for the daemon, 2 where stdout belongs to a command's answer, or a writer that shares a terminal. */
  to: 1 | 2 | { write(text: string): void };
  pretty: boolean;
}

/**
 * Opens the log. Writes are synchronous: no line is lost when the process dies right after it, and a line that
 * `writeLine` calls written is out of our hands.
 */
export function openLog({ level, to, pretty }: LogOptions): LogOutput {
  let failure: Error | undefined;
  // A reader that went away must not take the watch down with it.
  const target = typeof to === 'number' ? openDescriptor(to, (error) => (failure = error)) : to;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pretty ? prettyWriter(target) : target,
  );
  const lines = logger.child({}, { level: 'info' });
  return {
    logger,
    writeLine(message, fields) {
      failure = undefined;
      lines.info(fields, message);
      return failure ?? 'written';
    },
  };
}

function openDescriptor(fd: 1 | 2, onError: (error: Error) => void) {
  const file = pino.destination({ dest: fd, sync: true });
  file.on('error', onError);
  return file;
}

function prettyWriter(target: { write(text: string): void }): { write(line: string): void } {
  const format = prettyFactory({ colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' });
  return { write: (line) => target.write(format(line)) };
}
