import pino from 'pino';

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
}

/**
 * Opens the log. Writes are synchronous: no line is lost when the process dies right after it, and a line that
 * `writeLine` calls written is out of our hands.
 */
export function openLog({ level, to }: LogOptions): LogOutput {
  let failure: Error | undefined;
  // After EPIPE pino drops every line without a word; a pipe without a reader never gets one again.
  let readerGone: Error | undefined;
  const onFailure = (error: NodeJS.ErrnoException) => {
    failure = error;
    if (error.code === 'EPIPE') readerGone = error;
  };
  // A reader that went away must not take the watch down with it.
  const target = typeof to === 'number' ? openDescriptor(to, onFailure) : to;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    target,
  );
  const lines = logger.child({}, { level: 'info' });
  return {
    logger,
    writeLine(message, fields) {
      failure = readerGone;
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
