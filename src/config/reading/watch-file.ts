import { statSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { every, type Periodic } from '../../every.ts';

export interface FileWatch {
  path: string;
  /** The file as it was when it was read, by `stampOf`: what has changed since then is a change. */
  known: string | null;
  /** Called once for each change that has settled. */
  onChange(): void;
  onFailure(error: unknown): void;
  clock: Clock;
}

/** Between two looks. */
const LOOK_MS = 1000;

/**
 * Looks at a file between start and stop. A change counts once two looks in a row have seen the same, so that nobody reads
 * a file half written; a file that is missing is waited for. By looking, not by inotify: that follows neither the links
 * through which Kubernetes swaps a volume nor a network file system.
 */
export function watchFile({ path, onChange, onFailure, clock, ...from }: FileWatch): Periodic {
  let { known } = from;
  let before = known;
  return every({ ms: LOOK_MS, firstMs: LOOK_MS, clock, onFailure }, () => {
    const now = stampOf(path);
    const isNews = now !== null && now === before && now !== known;
    before = now;
    if (!isNews) return;
    known = now;
    onChange();
  });
}

/** Which file and which state of it; null while there is none. Times in ns: two changes may fall into one ms. */
export function stampOf(path: string): string | null {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(' ');
  } catch {
    return null;
  }
}
