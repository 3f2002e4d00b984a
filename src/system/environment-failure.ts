import { noMoreFiles } from './descriptors.ts';
import { EXIT, OperatorError } from '../errors.ts';

/** What is wrong around the process, at any operation; undefined when `error` is something else. */
export function asSurroundingsFailure(error: unknown): OperatorError | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('syscall' in error && error.syscall === 'uv_cwd') return noDirectory(error);
  const [why, fix] = noMoreFiles(error) ?? [];
  if (why === undefined) return undefined;
  return new OperatorError(EXIT.configuration, `${why} (${error.message})`, {
    hint: `${fix}, then run the command again`,
    cause: error,
  });
}

/** Node asks for it when the program does, so commands without relative paths never see this. */
function noDirectory(cause: Error): OperatorError {
  return new OperatorError(
    EXIT.usage,
    'the working directory does not exist any more: .env, config/findall-watch.yaml and relative paths are looked for there',
    {
      hint: 'change to a directory that exists (cd "$PWD" if this one was made again), then run the command again',
      cause,
    },
  );
}
