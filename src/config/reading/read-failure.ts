import { TOO_MANY_FILES } from '../../system/descriptors.ts';
import { NotUtf8 } from './read-text.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'it is a directory',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ENAMETOOLONG: 'the file name is too long',
  ...TOO_MANY_FILES,
};

/** Names of encodings that are better known by another one. */
const KNOWN_AS: Readonly<Record<string, string>> = { 'ISO-8859-1': 'Latin-1 (ISO-8859-1)' };

/** Why a file could not be read, without its path: Node's own message carries it. */
export function reasonOf(error: unknown): string {
  if (error instanceof NotUtf8) {
    const { encoding } = error;
    if (encoding === null) return 'it is not a text file: there are zero bytes in it';
    return `it is not UTF-8 and seems to be ${KNOWN_AS[encoding] ?? encoding}`;
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return REASONS[code] ?? `it cannot be read (${code})`;
}

/** What to do: `allowed`, or the command that converts the file. `name` is how a shell in the working directory gets the file. */
export function remedyOf(error: unknown, allowed: string, name: string): string {
  if (!(error instanceof NotUtf8) || error.encoding === null) return allowed;
  const file = shellWord(name);
  const old = shellWord(`${name}.old`);
  // The copy keeps the mode, and so does the file that is written again: it may hold a secret.
  return `UTF-8; convert it: cp -p ${file} ${old} && iconv -f ${error.encoding} -t UTF-8 ${old} > ${file} && rm ${old}`;
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) && !text.startsWith('-')
    ? text
    : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
