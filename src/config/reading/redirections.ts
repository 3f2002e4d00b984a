import { isPostgres } from '../../record/store-place.ts';
import type { Draft } from '../draft.ts';
import { DOTENV, type Environment } from './environment.ts';
import { withLibpqVariables } from '../forms/postgres-url.ts';
import type { Problem } from '../problems.ts';

/** What the PostgreSQL driver proves itself with, and what decides where and how safely it does. */
const DATABASE_SECRETS = ['PGPASSWORD', 'PGSSLKEY'];
const DATABASE_PLACES = ['PGHOST', 'PGPORT', 'PGSSLMODE', 'PGSSLROOTCERT'];

/**
 * A file in a directory may have come with it. So `.env` may say where a secret goes only if the secret itself stands
 * there: one of the real environment, of a file or of a credential is sent nowhere because of it.
 */
export function redirections(draft: Draft, environment: Environment): Problem[] {
  return [...apiRedirection(draft), ...storeRedirections(draft, environment), ...webhookRedirection(draft)];
}

function apiRedirection({ origins }: Draft): Problem[] {
  const key = origins.get('api.key');
  const isOwn = key === undefined || key === of('PARALLEL_API_KEY');
  const isThere = origins.get('api.baseUrl') === of('PARALLEL_BASE_URL');
  return isThere && !isOwn ? [redirecting('PARALLEL_BASE_URL', 'the API key')] : [];
}

function storeRedirections({ tree, origins }: Draft, environment: Environment): Problem[] {
  const { store } = tree;
  const written = typeof store === 'object' && store !== null && 'path' in store ? store.path : null;
  const place = typeof written === 'string' ? written.trim() : null;
  // What is no URL is refused as such.
  if (place === null || !isPostgres(place) || !URL.canParse(place)) return [];
  const isIn = (name: string, where: 'dotenv' | 'environment') =>
    environment.plain(name).kind === 'value' &&
    (environment.originOf(name) === of(name)) === (where === 'dotenv');
  const isPlaceIn = origins.get('store.path') === of('FINDALL_WATCH_STORE');
  const hasSecret =
    DATABASE_SECRETS.some((name) => isIn(name, 'environment')) ||
    (!isPlaceIn && new URL(place).password !== '');
  if (!hasSecret) return [];
  const { variables } = environment;
  const whole = withLibpqVariables(place, variables);
  const places = DATABASE_PLACES.filter(
    (name) => isIn(name, 'dotenv') && withLibpqVariables(place, { ...variables, [name]: '' }) !== whole,
  );
  return [...(isPlaceIn ? ['FINDALL_WATCH_STORE'] : []), ...places].map((name) =>
    redirecting(name, 'the password of the database'),
  );
}

/** The headers of the sink may hold a token. */
function webhookRedirection({ tree, origins }: Draft): Problem[] {
  const name = 'FINDALL_WATCH_WEBHOOK_URL';
  const sinks: unknown[] = Array.isArray(tree.sinks) ? tree.sinks : [];
  return sinks.flatMap((sink, index) => {
    const hasHeaders = typeof sink === 'object' && sink !== null && 'headers' in sink;
    const isThere = origins.get(`sinks[${index}].url`) === of(name);
    return hasHeaders && isThere ? [redirecting(name, 'the headers of the sink')] : [];
  });
}

const of = (name: string) => `${DOTENV} ${name}`;

function redirecting(name: string, secret: string): Problem {
  return {
    key: name,
    what: `${DOTENV} would send ${secret} elsewhere, which does not stand in ${DOTENV}`,
    allowed: `${name} in the environment, or both in ${DOTENV}`,
    origin: of(name),
  };
}
