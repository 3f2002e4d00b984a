import { existsSync, mkdirSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/**
 * Makes `path` and the directories above it that are missing, for their owner only. Throws what the system says. Not Node's
 * `recursive`: where a directory is refused with ENOENT although the one above it exists, as below /proc, it never returns.
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  let made = '';
  for (const part of resolve(path).split(sep)) {
    made += `${part}${sep}`;
    if (existsSync(made)) continue;
    try {
      mkdirSync(made, { mode: 0o700 });
    } catch (error) {
      // Made by another process meanwhile.
      if (!existsSync(made)) throw error;
    }
  }
}
