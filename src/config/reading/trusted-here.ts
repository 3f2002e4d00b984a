import { statSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** Who looks: the number of the user; null where users have none. */
export type UserId = number | null;

/** The user who runs the program. */
export function currentUser(): UserId {
  return process.geteuid?.() ?? null;
}

/** What is read from the working directory without being named, and what is not although it is there. */
export interface FoundHere {
  readonly read: readonly string[];
  readonly refused: readonly { readonly name: string; readonly why: string }[];
}

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
const ROOT = 0;

/**
 * Why `name` in the directory `cwd` is not read, null when it may be: it must belong to the user or to root, and so must the
 * folders between, and nobody else may write them. Any directory may be the working directory: of a download, of another user.
 * What is not there is nobody's.
 */
export function distrustOf(cwd: string, name: string, user: UserId): string | null {
  if (user === null) return null;
  const parts = name.split('/');
  for (const [index] of parts.entries()) {
    const part = parts.slice(0, index + 1).join('/');
    const found = statOf(join(cwd, part));
    if (found === null) return null;
    const why = whyNot(found, user);
    if (why !== null) return part === name ? why : `${part}: ${why}`;
  }
  return null;
}

/** Why a file or folder with this owner and mode is not trusted by `user`; null when it is. Pure. */
export function whyNot({ uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>, user: number): string | null {
  if (uid !== user && uid !== ROOT) return `another user owns it (number ${uid})`;
  if ((mode & WRITABLE_BY_OTHERS) !== 0) return 'everybody may write it';
  // Of a group that is nobody's but the user's, as most systems give each user one.
  const isOwnGroup = gid === user || gid === ROOT;
  return (mode & WRITABLE_BY_GROUP) !== 0 && !isOwnGroup ? `the group ${gid} may write it` : null;
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    // The attempt to read it reports the reason.
    return null;
  }
}
