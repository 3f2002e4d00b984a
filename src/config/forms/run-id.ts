/** The id of a run as people paste it. */

/** Shown where an id is asked for. */
export const RUN_ID_EXAMPLE = 'findall_40e0ab8c10754be0b7a16477abb38a2f';

/** What of a run may be written, for error messages. */
export const RUN_ID_ALLOWED = `the id of a FindAll run, such as ${RUN_ID_EXAMPLE}, or a URL with one such id in it`;

/** The least that every id contains: for editors, whose patterns have no flags. */
export const RUN_ID_INSIDE = /[Ff][Ii][Nn][Dd][Aa][Ll][Ll]_[A-Za-z0-9_-]/;

/** An id goes into the path of a request: it has no other characters than these. */
const ID = /^findall_[A-Za-z0-9_-]{1,120}$/;
/** The ids that the API makes today. */
const HEXADECIMAL = /^[0-9a-f]{32}$/i;
/** What surrounds an id in a terminal, a chat or a JSON file: spaces, invisible characters, quotes, commas. */
const AROUND = /^[\s\p{Cf}"'`“”„‘’«»<>,;]+|[\s\p{Cf}"'`“”„‘’«»<>,;]+$/gu;
/** With a scheme, or without one as browsers show it. */
const URL_FORM = /^(?:https?:\/\/|[a-z0-9.-]+\.[a-z]+(?::\d+)?\/)/i;
const ID_IN_URL = /(?<![A-Za-z0-9_-])findall_[A-Za-z0-9_-]+/gi;

/**
 * The id that `text` means: the id itself in upper or lower case, with spaces or quotes around it, or a URL of the platform or
 * the API that contains it. Null when it is no id, or a URL with several.
 */
export function parseRunId(text: string): string | null {
  const typed = text.replaceAll(AROUND, '');
  if (!URL_FORM.test(typed)) return canonical(typed);
  const found = new Set((typed.match(ID_IN_URL) ?? []).map(canonical));
  const [id = null] = found;
  return found.size === 1 ? id : null;
}

/** An id whose form is unknown keeps its letters as they are: nobody promises that case has no meaning. */
function canonical(typed: string): string | null {
  const prefix = typed.slice(0, 'findall_'.length);
  const rest = typed.slice(prefix.length);
  const isUpperCase = prefix === 'FINDALL_' && rest === rest.toUpperCase();
  const id = `${prefix.toLowerCase()}${isUpperCase || HEXADECIMAL.test(rest) ? rest.toLowerCase() : rest}`;
  return ID.test(id) ? id : null;
}
