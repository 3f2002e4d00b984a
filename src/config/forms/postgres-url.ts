import { isPostgres } from '../../record/store-place.ts';
import type { Variables } from '../../system/variables.ts';
import { unquoted } from './setting-kinds.ts';

/** Parts that a URL may leave to libpq's variables, as its parameters are called. */
const BY_PARAMETER: readonly (readonly [variable: string, parameter: string])[] = [
  ['PGSSLMODE', 'sslmode'],
  ['PGSSLROOTCERT', 'sslrootcert'],
  ['PGSSLCERT', 'sslcert'],
  ['PGSSLKEY', 'sslkey'],
];

/**
 * The URL of a PostgreSQL database with what it leaves open filled in from PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE
 * and PGSSL…, as every program over libpq does:
 * https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function withLibpqVariables(text: string, variables: Variables): string {
  const url = new URL(text);
  const given = (name: string) => variables[name] ?? '';
  const host = given('PGHOST');
  if (url.hostname === '' && !url.searchParams.has('host') && host !== '') {
    // A directory: its socket on this machine.
    if (host.startsWith('/')) url.searchParams.set('host', host);
    else url.hostname = host;
  }
  // A URL has these behind a host only.
  if (url.hostname === '' && !url.searchParams.has('host')) url.hostname = 'localhost';
  const isSocket = url.hostname === '';
  const fill = (part: 'port' | 'username' | 'password', parameter: string, value: string) => {
    if (url[part] !== '' || url.searchParams.has(parameter) || value === '') return;
    if (isSocket) url.searchParams.set(parameter, value);
    else url[part] = value;
  };
  fill('port', 'port', given('PGPORT'));
  fill('username', 'user', given('PGUSER'));
  fill('password', 'password', given('PGPASSWORD'));
  if (url.pathname.replace('/', '') === '') url.pathname = `/${given('PGDATABASE')}`;
  for (const [variable, parameter] of BY_PARAMETER) {
    const value = given(variable);
    if (value !== '' && !url.searchParams.has(parameter)) url.searchParams.set(parameter, value);
  }
  return url.href;
}

/** The password in the written place of a store; null where there is none. */
export function passwordIn(written: unknown): string | null {
  const place = typeof written === 'string' ? (unquoted(written) ?? written.trim()) : '';
  if (!isPostgres(place) || !URL.canParse(place)) return null;
  try {
    return decodeURIComponent(new URL(place).password);
  } catch {
    return null;
  }
}
