import { once } from 'node:events';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, inject, onTestFinished, test } from 'vitest';
import { OperatorError } from '../../../src/errors.ts';
import { openPostgres, withTlsIfOffered } from '../../../src/record/postgres/postgres-database.ts';
import { startPostgres } from '../../support/servers/postgres-server.ts';
import { selfSigned } from '../../support/servers/self-signed.ts';

const isEncrypted = async (url: string): Promise<boolean | undefined> => {
  const db = await openPostgres(url, 1);
  try {
    const { rows } = await sql<{
      ssl: boolean;
    }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db);
    return rows[0]?.ssl;
  } finally {
    await db.destroy();
  }
};

test('a server that offers TLS is spoken to over TLS unless the URL says otherwise', async () => {
  const { key, cert } = selfSigned('postgres');
  const server = await startPostgres(['ssl=on'], (data, user) => {
    for (const [name, text] of [
      ['server.key', key],
      ['server.crt', cert],
    ] as const) {
      const path = join(data, name);
      writeFileSync(path, text);
      chmodSync(path, 0o600);
      if (user) chownSync(path, user.uid, user.gid);
    }
  });
  onTestFinished(() => server.remove());

  expect(await isEncrypted(server.url)).toBe(true);
  expect(await isEncrypted(`${server.url}?sslmode=disable`)).toBe(false);
  await expect(isEncrypted(`${server.url}?sslmode=verify-full`)).rejects.toThrow(/certificate/);
});

test('a server that offers none is spoken to without', async () => {
  expect(await isEncrypted(inject('postgres'))).toBe(false);
});

/** Something that listens, and never is PostgreSQL. */
async function listening(answer: (socket: Socket) => void): Promise<{ url: string; heard: () => string }> {
  let heard = '';
  const server = createServer((socket) => {
    socket.on('data', (data) => (heard += data.toString('latin1'))).on('error', () => {});
    answer(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `postgres://watch:c4nary@127.0.0.1:${port}/watch`, heard: () => heard };
}

test('a server that keeps the answer back, or ends the connection, is sent neither name nor password', async () => {
  const silent = await listening(() => {});
  const given = AbortSignal.timeout(200);
  await expect(withTlsIfOffered(silent.url, given)).rejects.toThrow('timeout');
  const curt = await listening((socket) => socket.end());
  await expect(openPostgres(curt.url)).rejects.toThrow(OperatorError);
  for (const { heard } of [silent, curt]) expect(heard()).not.toMatch(/watch|c4nary/);
});

test('a socket of this machine is not asked', async () => {
  const url = 'postgres:///watch?host=/var/run/postgresql';
  expect(await withTlsIfOffered(url)).toBe(url);
});
