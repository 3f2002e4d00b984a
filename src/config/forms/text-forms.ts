import { z } from 'zod';
import { isPostgres } from '../../record/store-place.ts';
import { parseRunId, RUN_ID_ALLOWED, RUN_ID_INSIDE } from './run-id.ts';
import { composedText, parsed, pasted, text } from './setting-kinds.ts';

/** Hosts that are this machine. */
export const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The id of a run as people paste it; as the API has it once read. */
export const FINDALL_ID = parsed(
  z.string({ error: RUN_ID_ALLOWED }).regex(RUN_ID_INSIDE, { error: RUN_ID_ALLOWED }),
  z.string(),
  { parse: (typed) => parseRunId(typed) ?? undefined, write: (id) => id, allowed: RUN_ID_ALLOWED },
);

/** The name deliveries are filed under: it must survive renaming of everything around it. */
export const SINK_NAME = text(
  'letters, digits, ., _ or -, starting with a letter or digit, at most 64 characters',
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
);

/** Words for people. Without flags, which a pattern in JSON Schema does not have. */
export const LABEL = composedText('1 to 200 characters, not only spaces', /^(?=[\s\S]*\S)[\s\S]{1,200}$/);

/** Goes into a header: visible ASCII only. */
export const API_KEY = pasted(
  'the key as Parallel gave it, without spaces, line breaks or quotes around it',
  /^(?!["'`])[\x21-\x7e]{1,512}(?<!["'`])$/,
);

/** Where the daemon listens. */
export const LISTEN_HOST = pasted('a host name or IP address', /^[A-Za-z0-9._:-]{1,253}$/);

/** Opens the control API: long enough not to be guessed, and fit for a header. */
export const HTTP_TOKEN = pasted(
  'at least 16 visible ASCII characters (make one with: openssl rand -hex 32)',
  /^[\x21-\x7e]{16,512}$/,
);

/** Where the key is sent: nothing but an origin and a path, encrypted unless it stays on this machine. */
export const BASE_URL = pasted(
  'an https URL without credentials, query or fragment (http only to this machine, because the key travels with each request)',
  /^https?:\/\//,
  isSafeForKey,
);

/** Where a webhook goes. */
export const WEBHOOK_URL = pasted('an http or https URL', /^https?:\/\//, (url) => URL.canParse(url));

/** A proxy and who we are to it: nothing that it would be asked for. */
export const PROXY_URL = pasted(
  'the http or https URL of an HTTP proxy, credentials at most before the host and nothing behind it (SOCKS is not supported)',
  /^https?:\/\//,
  isProxy,
);

/** A URL that is a secret as a whole: anybody who has it may post. */
export const SECRET_URL = pasted(
  'an https URL as the service gave it (http only to this machine, because the URL is the secret)',
  /^https?:\/\//,
  isEncrypted,
);

/** A Standard Webhooks secret. */
export const WEBHOOK_SECRET = pasted(
  'whsec_ followed by the base64 of 24 to 64 bytes (make one with: echo whsec_$(openssl rand -base64 32))',
  /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/,
  isWebhookSecret,
);

/** A connection string as `psql` takes it. As the name of a file it would be shown, with the password in it. */
const LIBPQ_STRING = /(?:^|\s)(?:host|hostaddr|port|dbname|user|password|sslmode|service)\s*=/;

/** A file path or a PostgreSQL URL. Another URL is refused by name, lest it become a strange file. */
export const STORE_PATH = pasted(
  'a file path, or postgres://USER:PASSWORD@HOST:5432/DATABASE (special characters in parts as %XX)',
  /^(?:(?![A-Za-z][\w+.-]*:\/\/).|postgres(?:ql)?:\/\/)/s,
  (place) => (isPostgres(place) ? URL.canParse(place) : !LIBPQ_STRING.test(place)),
);

function isSafeForKey(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '' && !/[?#]/.test(value) && isEncrypted(value);
}

function isProxy(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { pathname } = new URL(value);
  return pathname === '/' && !/[?#]/.test(value);
}

/** Whether nobody between here and there can read it. */
function isEncrypted(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

function isWebhookSecret(value: string): boolean {
  const encoded = value.slice('whsec_'.length);
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded && bytes.length >= 24 && bytes.length <= 64;
}
