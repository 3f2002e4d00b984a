/** What a failure of PostgreSQL means: pure, from its SQLSTATE or the system's error code. */
/**
 * - `conflict`: this transaction lost against another, or waited too long for it; nothing of it happened.
 * - `stale`: the tables have been changed since the statement was prepared; nothing happened.
 * - `lost`: the connection or the server went away; what was being committed may have happened or not.
 * - `refusing`: the server takes no connections, or none more, for now.
 * - `read-only`: a standby, or a primary that has become one: nothing can be recorded there.
 * - `full`: no room on the disk, or for locks or memory.
 * - `denied`: it will stay so until somebody fixes it: password, database, rights, certificate.
 */
export type PostgresFailureKind =
  | 'conflict'
  | 'stale'
  | 'lost'
  | 'refusing'
  | 'read-only'
  | 'full'
  | 'denied';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: the first that a code begins with counts. */
const BY_SQLSTATE: readonly (readonly [code: string, kind: PostgresFailureKind])[] = [
  ['40003', 'lost'],
  ['40', 'conflict'],
  ['55P03', 'conflict'],
  ['08', 'lost'],
  ['57P03', 'refusing'],
  ['57P', 'lost'],
  ['57014', 'lost'],
  ['25P03', 'lost'],
  ['25P04', 'lost'],
  ['25006', 'read-only'],
  ['53300', 'refusing'],
  ['53', 'full'],
  ['58', 'full'],
  ['28', 'denied'],
  ['3D000', 'denied'],
  ['3F000', 'denied'],
  ['42501', 'denied'],
];

const BY_SYSTEM_CODE: Readonly<Record<string, PostgresFailureKind>> = {
  ECONNREFUSED: 'refusing',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  ETIMEDOUT: 'refusing',
  EHOSTUNREACH: 'refusing',
  ENETUNREACH: 'refusing',
  EHOSTDOWN: 'refusing',
  ENETDOWN: 'refusing',
  EAI_AGAIN: 'refusing',
  ENOTFOUND: 'refusing',
  ENOENT: 'refusing',
  EACCES: 'denied',
};

/** What the driver itself says, without a code. */
const BY_MESSAGE: readonly (readonly [says: RegExp, kind: PostgresFailureKind])[] = [
  [/cached plan must not change result type/, 'stale'],
  [
    /Connection terminated|connection error and is not queryable|Query read timeout|was closed and is/,
    'lost',
  ],
  [/timeout exceeded when trying to connect|connection timeout/, 'refusing'],
  [/does not support SSL|SASL|SCRAM|password must be a string/, 'denied'],
];

/** What PgBouncer gives nearly all of its own failures: `protocol_violation`. */
const POOLER_CODE = '08P01';

/**
 * What PgBouncer itself says, with what to do about it; anything else is a connection that it ended, so `lost`.
 * https://www.pgbouncer.org/config.html
 */
const BY_POOLER: readonly (readonly [says: RegExp, kind: PostgresFailureKind, fix: string])[] = [
  [
    /^unsupported (?:options )?startup parameter/,
    'denied',
    'take the options out of FINDALL_WATCH_STORE and PGOPTIONS, or have PgBouncer drop them: ignore_startup_parameters',
  ],
  [
    /transaction blocks not allowed/,
    'denied',
    'set pool_mode of PgBouncer to transaction or session: statement mode allows no transactions',
  ],
  [
    /^no such database/,
    'denied',
    'see the database of FINDALL_WATCH_STORE, and the section databases of PgBouncer',
  ],
  [
    /authentication failed|^no such user|^login rejected|^not allowed|^role .* does not exist/,
    'denied',
    'see the user and password of FINDALL_WATCH_STORE, and auth_type, auth_file and auth_query of PgBouncer',
  ],
  [/^SSL required/, 'denied', 'add sslmode=require to FINDALL_WATCH_STORE: PgBouncer asks for TLS'],
  [/^bouncer config error/, 'denied', 'see the log of PgBouncer: its configuration is wrong'],
  [
    /^no more connections allowed|^client connections exceeded/,
    'refusing',
    'raise max_client_conn of PgBouncer, or lower store.pool of the replicas',
  ],
  [
    /^query_wait_timeout/,
    'refusing',
    'see by SHOW POOLS of PgBouncer who holds its connections: raise default_pool_size, or lower store.pool; see that PostgreSQL runs',
  ],
  [
    /server_login_retry|^client_login_timeout|^server login|cannot connect to server/,
    'refusing',
    'see that PostgreSQL runs, and the log of PgBouncer: PgBouncer answers, and cannot log in to PostgreSQL',
  ],
  [
    /is disabled$|shutting down|resources exhaustion|^no memory|^out of memory/,
    'refusing',
    'see the log of PgBouncer, and by SHOW DATABASES whether the database is disabled: ENABLE',
  ],
];

function saidByPooler({ code, message }: { code?: unknown; message?: unknown }) {
  if (code !== POOLER_CODE || typeof message !== 'string') return undefined;
  return BY_POOLER.find(([pattern]) => pattern.test(message));
}

/** Node's codes for certificates: ERR_TLS_…, CERT_…, UNABLE_TO_…, SELF_SIGNED_CERT_…, DEPTH_ZERO_…. */
const CERTIFICATE = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;

/** What kind of failure `error` is; undefined when it is none of the database's, so a defect. */
export function kindOfFailure(error: unknown): PostgresFailureKind | undefined {
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown };
  const says = typeof message === 'string' ? message : '';
  const [, byPooler] = saidByPooler({ code, message }) ?? [];
  if (byPooler) return byPooler;
  const byMessage = BY_MESSAGE.find(([pattern]) => pattern.test(says))?.[1];
  if (byMessage) return byMessage;
  // Every address of a name was tried: Node gives the failure of each.
  if (Array.isArray(errors) && errors.length > 0) return kindOfFailure(errors[0]);
  if (typeof code !== 'string') return undefined;
  if (CERTIFICATE.test(code)) return 'denied';
  // SQLSTATEs have five letters; so has EPIPE.
  const bySystem = BY_SYSTEM_CODE[code];
  if (bySystem) return bySystem;
  return BY_SQLSTATE.find(([start]) => code.length === 5 && code.startsWith(start))?.[1];
}

/** A failure of the database, and not of what we asked of it, in the parts that the operator meets. */
export class PostgresFailure extends Error {
  readonly kind: PostgresFailureKind;
  /** The database, without its password. */
  readonly what: string;
  readonly why: string;
  /** What to do. */
  readonly fix: string;

  constructor(kind: PostgresFailureKind, shown: string, cause: unknown) {
    const { code, message } = cause as { code?: unknown; message?: unknown };
    const known = typeof code === 'string' ? code : '';
    const said = typeof message === 'string' && message !== '' ? message : known;
    const what = `the PostgreSQL database ${shown}`;
    const why = `${WORDS[kind]}${said === '' ? '' : ` (${said})`}`;
    super(`${what} cannot be used: ${why}`, { cause });
    this.name = 'PostgresFailure';
    this.kind = kind;
    this.what = what;
    this.why = why;
    const [, , byPooler] = saidByPooler({ code, message }) ?? [];
    this.fix = byPooler ?? HINTS[known] ?? HINTS_BY_KIND[kind];
  }
}

/** `error` of the driver as a failure of the database at `shown`, or as it is when it is a defect. */
export function failureOf(error: unknown, shown: string): unknown {
  const kind = error instanceof PostgresFailure ? undefined : kindOfFailure(error);
  return kind === undefined ? error : new PostgresFailure(kind, shown, error);
}

/** Whether the same transaction may succeed if it is made once more soon. All of ours may be repeated: see `Store`. */
export function isPassing(error: unknown): boolean {
  return error instanceof PostgresFailure && !LASTING.has(error.kind);
}

/** Whether the server is there and takes no connections, or none more, for now. */
export function isRefusing(error: unknown): boolean {
  return error instanceof PostgresFailure && error.kind === 'refusing';
}

const LASTING: ReadonlySet<PostgresFailureKind> = new Set(['denied', 'full']);

/**
 * Whether the connection is of no use any more. A standby will not become a primary on this one; the name may
 * already lead to another server.
 */
export function breaksConnection(kind: PostgresFailureKind | undefined): boolean {
  return kind === 'lost' || kind === 'refusing' || kind === 'read-only';
}

const WORDS: Readonly<Record<PostgresFailureKind, string>> = {
  conflict: 'others hold what it needs for too long',
  stale: 'its tables are being changed',
  lost: 'the connection was lost',
  refusing: 'it takes no connections',
  'read-only': 'it is read-only: a standby',
  full: 'it has no room left',
  denied: 'it refuses us',
};

const HINTS: Readonly<Record<string, string>> = {
  '28P01': 'fix the password: FINDALL_WATCH_STORE, or PGUSER and PGPASSWORD',
  '28000': 'see pg_hba.conf, and sslmode in FINDALL_WATCH_STORE',
  '3D000': 'make the database: createdb NAME',
  '42501': 'give the user a schema of its own: CREATE SCHEMA findall_watch AUTHORIZATION the user',
  '53300': 'raise max_connections, or lower store.pool of the replicas',
  ENOTFOUND: 'fix the name of the host: FINDALL_WATCH_STORE, or PGHOST',
  ECONNREFUSED: 'see that PostgreSQL runs and listens there: FINDALL_WATCH_STORE, or PGHOST and PGPORT',
};

const HINTS_BY_KIND: Readonly<Record<PostgresFailureKind, string>> = {
  conflict: 'see in pg_stat_activity who holds it',
  stale: 'see what another version does there',
  lost: 'see that PostgreSQL runs and can be reached from here',
  refusing: 'see that PostgreSQL runs and can be reached from here',
  'read-only': 'have FINDALL_WATCH_STORE lead to the primary',
  full: 'make room',
  denied: 'see the user, password and TLS options of FINDALL_WATCH_STORE',
};
