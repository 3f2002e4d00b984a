import { describe, expect, test } from 'vitest';
import { failureOf, isPassing, kindOfFailure } from '../../../src/record/postgres/postgres-failure.ts';
import { asStateFailure } from '../../../src/record/upkeep/state-failure.ts';

const withCode = (code: string) => Object.assign(new Error('said'), { code });

describe('what a failure means', () => {
  test.each([
    ['40001', 'conflict'], // serialization_failure
    ['40P01', 'conflict'], // deadlock_detected
    ['55P03', 'conflict'], // lock_not_available
    ['40003', 'lost'], // statement_completion_unknown
    ['08006', 'lost'], // connection_failure
    ['57P01', 'lost'], // admin_shutdown
    ['57P02', 'lost'], // crash_shutdown
    ['25P03', 'lost'], // idle_in_transaction_session_timeout
    ['57P03', 'refusing'], // cannot_connect_now
    ['53300', 'refusing'], // too_many_connections
    ['25006', 'read-only'], // read_only_sql_transaction
    ['53100', 'full'], // disk_full
    ['28P01', 'denied'], // invalid_password
    ['3D000', 'denied'], // invalid_catalog_name
    ['42501', 'denied'], // insufficient_privilege
    ['ECONNREFUSED', 'refusing'],
    ['ECONNRESET', 'lost'],
    ['EPIPE', 'lost'],
    ['ENOTFOUND', 'refusing'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'denied'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'denied'],
    ['42601', undefined], // syntax_error: ours
    ['23505', undefined], // unique_violation: ours
  ])('%s: %s', (code, kind) => {
    expect(kindOfFailure(withCode(code))).toBe(kind);
  });

  test.each([
    ['Connection terminated unexpectedly', 'lost'],
    ['Client has encountered a connection error and is not queryable', 'lost'],
    ['Query read timeout', 'lost'],
    ['timeout exceeded when trying to connect', 'refusing'],
    ['cached plan must not change result type', 'stale'],
    ['something else', undefined],
  ])('%s: %s', (message, kind) => {
    expect(kindOfFailure(new Error(message))).toBe(kind);
  });

  // https://github.com/pgbouncer/pgbouncer: what 1.18 and 1.25 say, all of it under one code.
  test.each([
    ['unsupported startup parameter: options', 'denied'],
    ['unsupported startup parameter in options: work_mem', 'denied'],
    ['transaction blocks not allowed in statement pooling mode', 'denied'],
    ['no such database: x', 'denied'],
    ['"trust" authentication failed', 'denied'],
    ['role "x" does not exist', 'denied'],
    ['bouncer config error', 'denied'],
    ['no more connections allowed (max_client_conn)', 'refusing'],
    ['query_wait_timeout', 'refusing'],
    ['server login has been failing, try again later (server_login_retry)', 'refusing'],
    ['database "x" is disabled', 'refusing'],
    ['server conn crashed?', 'lost'],
    ['idle transaction timeout', 'lost'],
    ['database removed', 'lost'],
  ])('PgBouncer: %s: %s', (message, kind) => {
    expect(kindOfFailure(Object.assign(new Error(message), { code: '08P01' }))).toBe(kind);
  });

  test('of a name with several addresses the failure of the first', () => {
    expect(kindOfFailure(new AggregateError([withCode('ECONNREFUSED'), withCode('ETIMEDOUT')]))).toBe(
      'refusing',
    );
  });
});

test('only what may pass is tried again, and only when it is the database’s', () => {
  expect(isPassing(failureOf(withCode('40P01'), 'x'))).toBe(true);
  expect(isPassing(failureOf(withCode('28P01'), 'x'))).toBe(false);
  expect(isPassing(failureOf(withCode('42601'), 'x'))).toBe(false);
  // Of some other connection.
  expect(isPassing(withCode('ECONNRESET'))).toBe(false);
});

test('the operator reads where it is, what is wrong, what was said, and what to do', () => {
  const reported = asStateFailure(failureOf(withCode('53300'), 'postgres://u@db/x'));
  expect(reported?.message).toBe(
    'the PostgreSQL database postgres://u@db/x cannot be used: it takes no connections (said)',
  );
  expect(reported?.hint).toContain('max_connections');
  expect(reported?.mayPass).toBe(true);
  expect(asStateFailure(withCode('53300'))).toBeUndefined();
});
