const UNITS = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
type Unit = keyof typeof UNITS;

/** A written size: a whole number of bytes, KiB, MiB or GiB. Shared with the JSON Schema. */
export const SIZE_PATTERN = /^\d{1,12}(?:KiB|MiB|GiB)?$/;

/** Bytes of `512KiB`, `64MiB`, `1GiB` or a plain whole number; undefined for anything else. */
export function parseSize(written: unknown): number | undefined {
  if (typeof written === 'number') return Number.isSafeInteger(written) && written >= 0 ? written : undefined;
  if (typeof written !== 'string' || !SIZE_PATTERN.test(written)) return undefined;
  const unit = written.replace(/^\d+/, '');
  return Number.parseInt(written, 10) * (unit === '' ? 1 : UNITS[unit as Unit]);
}

/** The shortest written form of a whole number of bytes; `parseSize` gives the same number back. */
export function formatSize(bytes: number): string {
  const units = Object.entries(UNITS).toReversed();
  const fitting = bytes === 0 ? undefined : units.find(([, each]) => bytes % each === 0);
  return fitting === undefined ? String(bytes) : `${bytes / fitting[1]}${fitting[0]}`;
}
