import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isPostgres } from '../../record/store-place.ts';
import type { Config } from '../config.ts';
import type { Draft } from '../draft.ts';
import { type Problem, wrongValue } from '../problems.ts';

/** What belongs to a state file beside itself. */
const BESIDE = ['', '-wal', '-shm', '-journal'];

/** File sinks that would append to the state: each line would damage it. A link to it is it. */
export function sinksOnState({ sinks, store }: Config, draft: Draft): Problem[] {
  if (isPostgres(store.path)) return [];
  const own = BESIDE.map((suffix) => `${store.path}${suffix}`);
  return sinks.flatMap((sink, index) => {
    if (sink.type !== 'file' || !own.some((path) => isSame(path, sink.path))) return [];
    return [wrongValue(draft, ['sinks', index, 'path'], 'a file of its own, not the state (store.path)')];
  });
}

function isSame(one: string, other: string): boolean {
  if (placeOf(one) === placeOf(other)) return true;
  const [found, beside] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return found !== undefined && beside !== undefined && found.dev === beside.dev && found.ino === beside.ino;
}

/** The path without links in its directories; the file need not be there. */
function placeOf(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
