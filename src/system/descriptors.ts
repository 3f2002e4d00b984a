/** A process, or a machine, that may open no more files: the words for it, and how it is noticed where nobody says so. */
import { closeSync, openSync } from 'node:fs';

/** By the code of the system's error: what is wrong and what to do. Connections and pipes count as files. */
const NO_MORE_FILES: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  EMFILE: [
    'this process has too many open files',
    'raise its limit (ulimit -n, or LimitNOFILE= in the systemd unit)',
  ],
  ENFILE: ['this machine has too many open files', 'close programs, or raise its limit (sysctl fs.file-max)'],
};

/** Both in one text, by code. */
export const TOO_MANY_FILES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(NO_MORE_FILES).map(([code, parts]) => [code, parts.join(': ')]),
);

/** What is wrong and what to do, if `error` says that no more files may be opened. */
export function noMoreFiles(error: unknown): readonly [why: string, fix: string] | undefined {
  return NO_MORE_FILES[String((error as NodeJS.ErrnoException | null)?.code)];
}

/** The same after a failure that does not say why: whether `wanted` files can be opened now. */
export function lackOfFiles(wanted: number): readonly [why: string, fix: string] | undefined {
  const opened: number[] = [];
  try {
    while (opened.length < wanted) opened.push(openSync('/dev/null', 'r'));
    return undefined;
  } catch (error) {
    return noMoreFiles(error);
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
