/** The address to show beside a name, so that nobody has to guess where it leads. */
export function hostOf(link: string): string {
  return new URL(link).hostname.replace(/^www\./, '');
}

/** A name that poses as an address loses its scheme. */
export function withoutScheme(name: string): string {
  return name.replaceAll(/https?:\/*/gi, '').trim();
}

/** Whether a name reads as an address of a host other than `host`. */
export function looksLikeOtherHost(name: string, host: string): boolean {
  const [, shown] = /^(?:www\.)?([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)(?:[/:?#\s]|$)/iu.exec(name) ?? [];
  return shown !== undefined && shown.toLowerCase() !== host;
}
