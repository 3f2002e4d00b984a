/** The address to show beside a name, so that nobody has to guess where it leads. */
export function hostOf(link: string): string {
  return new URL(link).hostname.replace(/^www\./, '');
}

/** A name that poses as an address loses its schemes, one within another too. */
export function withoutScheme(name: string): string {
  for (let shorter = name; ; name = shorter) {
    shorter = name.replaceAll(/[a-z][a-z\d+.-]*:\/\/+|^\/\/+/gi, '');
    if (shorter === name) return name.trim();
  }
}

/** What may be a host: labels between dots, the last one of letters. */
const HOST = /[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.\p{L}{2,}/gu;

/** Whether something in a name reads as an address of a host other than `host`. */
export function looksLikeOtherHost(name: string, host: string): boolean {
  // Full stops of other scripts, as UTS #46 maps them.
  const plain = name.normalize('NFKC').replaceAll('。', '.').toLowerCase();
  const shown = Array.from(plain.matchAll(HOST), ([found]) => found.replace(/^www\./, ''));
  return shown.some((found) => found !== host && !host.endsWith(`.${found}`));
}
