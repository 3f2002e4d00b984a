import { statSync } from 'node:fs';
import type { Draft } from '../draft.ts';
import { passwordIn } from '../forms/postgres-url.ts';
import { SECRET_ADDRESS, SECRET_KEYS, SECRET_SETTING } from '../secret-settings.ts';
import { valuesAt } from '../settings.ts';
import { type UserId, whyNot } from './trusted-here.ts';

/** A file that decides about secrets or holds one, and what others may do with it. */
export interface ExposedFile {
  readonly name: string;
  readonly why: string;
}

/** What is looked at: its name for people, where it is, and whether a secret stands in it. */
export interface LookedAt {
  readonly name: string;
  readonly path: string;
  readonly holdsSecret: boolean;
}

const READABLE_BY_OTHERS = 0o004;

/** The files that others may write, and of those that hold a secret also the files that everybody may read. */
export function exposedFiles(files: readonly LookedAt[], user: UserId): ExposedFile[] {
  if (user === null) return [];
  return files.flatMap(({ name, path, holdsSecret }) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return [];
    const why = whyNot(found, user);
    if (why !== null) return [{ name, why }];
    const isRead = holdsSecret && (found.mode & READABLE_BY_OTHERS) !== 0;
    return isRead ? [{ name, why: 'it holds a secret and everybody may read it: chmod 0600' }] : [];
  });
}

/** Whether a secret is written out in the file itself, not as `${NAME}`. `fileName` is how its origins begin. */
export function hasSecret({ tree, origins, written }: Draft, fileName: string): boolean {
  const passwords = new Set(
    SECRET_KEYS.partly.filter((key) => valuesAt(tree, key).some((value) => passwordIn(value))),
  );
  return [...origins].some(
    ([key, origin]) =>
      (SECRET_SETTING.test(key) || SECRET_ADDRESS.test(key) || passwords.has(key)) &&
      origin.startsWith(`${fileName}:`) &&
      !written.has(key),
  );
}
