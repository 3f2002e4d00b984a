/** What runs and candidates are called where several are shown: by what a person gave or reads, the id beside it. */
import { createRunNames } from '../../sinks/kit/run-names.ts';
import { cleanText } from '../../text/clean-text.ts';
import { cutText } from '../../text/cut-text.ts';

/** By what a person knows a run. */
export interface Named {
  findallId: string;
  label: string | null;
  objective: string | null;
}

/** The label, else how the objective begins; null when neither is known. At most `length` characters. */
export function writtenName({ label, objective }: Omit<Named, 'findallId'>, length = 40): string | null {
  const written = cleanText(label ?? '', length);
  if (written !== '') return written;
  return cutText(cleanText(objective ?? ''), length, 'chars') || null;
}

/** Makes what shortens ids that are shown together: to their first eight digits, unless two begin so. Commands take these. */
export function createShortIds(ids: readonly string[]): (id: string) => string {
  const nameOf = createRunNames(ids);
  return (id) => nameOf(id, null);
}

/** `week-47 (d8a50b63)`; of a run without a written name its id. */
export function runTitle(run: Named, shortId: (id: string) => string, length = 40): string {
  const name = writtenName(run, length);
  return name === null ? shortId(run.findallId) : `${name} (${shortId(run.findallId)})`;
}
