const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;

/** A written duration: a whole number and a unit, or a bare 0. Shared with the JSON Schema. */
export const DURATION_PATTERN = /^(?:0|\d{1,9}(?:ms|s|m|h|d))$/;

/** Milliseconds of `250ms`, `10s`, `5m`, `1h`, `7d` or 0; undefined for anything else. */
export function parseDuration(written: unknown): number | undefined {
  if (written === 0) return 0;
  if (typeof written !== 'string' || !DURATION_PATTERN.test(written)) return undefined;
  if (written === '0') return 0;
  const unit = written.replace(/^\d+/, '') as Unit;
  return Number.parseInt(written, 10) * UNITS[unit];
}

/** The shortest written form of a whole number of milliseconds; `parseDuration` gives the same number back. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const units = Object.entries(UNITS).toReversed();
  const [unit, size] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
