import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

/** A file that is not UTF-8, so that a part of its text would be lost. `encoding` is as `iconv -f` takes it; null: no text. */
export class NotUtf8 extends Error {
  readonly encoding: string | null;

  constructor(encoding: string | null) {
    super('the file is not UTF-8');
    this.name = 'NotUtf8';
    this.encoding = encoding;
  }
}

/** The text of a UTF-8 file, without a byte order mark. Throws `NotUtf8`, or what the system says. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  const other = otherEncoding(bytes);
  if (other !== undefined) throw new NotUtf8(other);
  return new TextDecoder().decode(bytes);
}

/** By the first bytes. UTF-32 comes first: its little-endian mark begins as that of UTF-16. */
const MARKS: readonly (readonly [bytes: string, encoding: string])[] = [
  ['fffe0000', 'UTF-32'],
  ['0000feff', 'UTF-32'],
  ['fffe', 'UTF-16'],
  ['feff', 'UTF-16'],
];

/** What `bytes` seem to be; undefined for UTF-8. */
function otherEncoding(bytes: Buffer): string | null | undefined {
  const start = bytes.subarray(0, 4).toString('hex');
  const marked = MARKS.find(([mark]) => start.startsWith(mark));
  if (marked !== undefined) return marked[1];
  if (bytes.includes(0)) return withoutMark(bytes);
  if (isUtf8(bytes)) return undefined;
  // Latin-1 has control characters there, which nobody writes; Windows-1252 has quotes, dashes and the euro.
  return bytes.some((byte) => byte >= 0x80 && byte <= 0x9f) ? 'WINDOWS-1252' : 'ISO-8859-1';
}

/** UTF-16 without its mark: the upper half of nearly every character is a zero byte, always on the same side. */
function withoutMark(bytes: Buffer): string | null {
  let even = 0;
  let odd = 0;
  for (const [index, byte] of bytes.entries()) {
    if (byte !== 0) continue;
    if (index % 2 === 0) even += 1;
    else odd += 1;
  }
  if (Math.max(even, odd) < bytes.length / 8 || Math.min(even, odd) > Math.max(even, odd) / 8) return null;
  return odd > even ? 'UTF-16LE' : 'UTF-16BE';
}
