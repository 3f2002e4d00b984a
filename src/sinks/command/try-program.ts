import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { SinkProbe } from '../../deliver/sink.ts';
import { cleanText } from '../../text/clean-text.ts';

const LONGEST_NAME = 200;

/** Whether the program is there and may be executed, as the system would look for it. Nothing is started. */
export function tryProgram({
  command: [program],
  environment,
}: {
  command: readonly [string, ...string[]];
  environment: Readonly<Record<string, string>>;
}): SinkProbe {
  const shown = cleanText(program, LONGEST_NAME);
  const directories = (environment['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const places = program.includes('/') ? [program] : directories.map((each) => join(each, program));
  const found = places.filter(isFile);
  if (found.some(isExecutable)) return { kind: 'reached', answer: `${shown} can be executed` };
  if (found.length > 0) return { kind: 'failed', reason: `${shown} may not be executed` };
  return {
    kind: 'failed',
    reason: program.includes('/') ? `${shown} does not exist or is no file` : `${shown} is not on PATH`,
  };
}

function isFile(place: string): boolean {
  try {
    return statSync(place).isFile();
  } catch {
    return false;
  }
}

function isExecutable(place: string): boolean {
  try {
    accessSync(place, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
