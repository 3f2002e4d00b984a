import type { Paint } from '../output/event-lines.ts';

/** A bar of `width` columns, filled by `share` (0 to 1; beyond is full). Something is never nothing, nor nearly all all. */
export function barText(share: number, width: number, paint: Paint): string {
  const exact = Math.round(Math.min(1, Math.max(0, share)) * width);
  const filled = share >= 1 ? width : Math.min(width - 1, share > 0 ? Math.max(1, exact) : 0);
  return `${paint('green', '█'.repeat(filled))}${paint('dim', '░'.repeat(width - filled))}`;
}
