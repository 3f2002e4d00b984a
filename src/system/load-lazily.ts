import { lackOfFiles } from './descriptors.ts';

const OPENED_AT_ONCE = 2;

/** A part of the program that could not be loaded: its files are missing, incomplete, or may not be opened. The cause says which. */
export class NotLoaded extends Error {
  constructor(cause: unknown) {
    // What Node says of it depends on which of the files it could not open.
    const fix =
      lackOfFiles(OPENED_AT_ONCE)?.join(': ') ?? 'wait for its installation to end, or restart the program';
    super(`a part of this program cannot be loaded: ${fix}`, { cause });
    this.name = 'NotLoaded';
  }
}

/**
 * What `load` gives, loaded when it is first asked for and kept. A failure rejects with `NotLoaded` and is not kept: an
 * installation beside the running program takes the files away for seconds.
 */
export function loadLazily<T>(load: () => Promise<T>): {
  get(): Promise<T>;
  loaded(): Promise<T> | undefined;
} {
  let loaded: Promise<T> | undefined;
  return {
    get() {
      loaded ??= load().catch((error: unknown) => {
        loaded = undefined;
        throw new NotLoaded(error);
      });
      return loaded;
    },
    loaded: () => loaded,
  };
}
