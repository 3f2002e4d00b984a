import { cleanText } from '../../text/clean-text.ts';

const SHORT = 8;

/**
 * Short names for lines that show several runs: the label, else the first digits of the id. Give every id that is
 * shown together: where the digits would be the same, the whole id stays.
 */
export function createRunNames(ids: readonly string[]): (id: string | null, label: string | null) => string {
  const taken = new Map<string, number>();
  for (const id of new Set(ids)) taken.set(shorten(id), (taken.get(shorten(id)) ?? 0) + 1);
  return (id, label) => {
    const written = cleanText(label ?? '', 40);
    if (written !== '') return written;
    if (id === null) return 'findall-watch';
    return (taken.get(shorten(id)) ?? 1) > 1 ? id : shorten(id);
  };
}

/** How every id begins that would get the same short name. */
export function sharedStart(id: string): string {
  return id.slice(0, id.length - id.replace(PREFIX, '').length + SHORT);
}

const PREFIX = /^findall_/;

function shorten(id: string): string {
  return id.replace(PREFIX, '').slice(0, SHORT);
}
