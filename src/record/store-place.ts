/** Whether the state is in a file or a database: postgres://… or postgresql://…. */
export function isPostgres(place: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(place);
}

/** The place as it may be shown: of a URL where it leads and as whom, never the password nor the options. */
export function shownPlace(place: string): string {
  if (!isPostgres(place)) return place;
  if (!URL.canParse(place)) return 'postgres://***';
  const { protocol, username, host, pathname, searchParams } = new URL(place);
  const user = username === '' ? searchParams.get('user') : username;
  const where = host === '' ? searchParams.get('host') : host;
  return `${protocol}//${user === null ? '' : `${user}@`}${where ?? ''}${pathname}`;
}
