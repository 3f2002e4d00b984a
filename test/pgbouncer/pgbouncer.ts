/** A real PgBouncer in front of a PostgreSQL: Debian's program, with its default settings but for what a test names. */
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type BackgroundProcess, startInBackground } from '../support/servers/background-process.ts';
import { freePort } from '../support/servers/free-port.ts';
import { unprivileged } from '../support/servers/postgres-server.ts';

export interface PgBouncer {
  /** The URL of the same database and user through the pooler. */
  through(url: string): string;
  /** Runs a command of its admin console: `PAUSE`, `RELOAD`, `SHOW POOLS`. */
  admin(command: string): Promise<Record<string, unknown>[]>;
  /** Kills it with SIGKILL: every connection of a client and of a server is cut. */
  crash(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
  /** Stops it and leaves nothing behind. */
  remove(): Promise<void>;
}

export interface PgBouncerOptions {
  /** The URL of any database on the server. */
  server: string;
  mode: 'session' | 'transaction';
  /** Lines of its section `pgbouncer`, such as `default_pool_size = 2`. */
  settings?: readonly string[];
  /** Users with their passwords, beside `postgres` without one. */
  users?: Readonly<Record<string, string>>;
}

const ADMIN = 'pooler_admin';

/** Starts a pooler on a free port of this machine. */
export async function startPgBouncer({
  server,
  mode,
  settings = [],
  users = {},
}: PgBouncerOptions): Promise<PgBouncer> {
  const home = mkdtempSync(join(tmpdir(), 'findall-watch-pgbouncer-'));
  const user = unprivileged();
  const { hostname, port: serverPort } = new URL(server);
  const port = await freePort();
  const passwords = Object.entries({ postgres: '', [ADMIN]: '', ...users });
  const list = join(home, 'users.txt');
  const file = join(home, 'pgbouncer.ini');
  writeFileSync(list, passwords.map(([name, password]) => `"${name}" "${password}"\n`).join(''));
  const lines = [
    ...['[databases]', `* = host=${hostname} port=${serverPort}`, '[pgbouncer]', 'listen_addr = 127.0.0.1'],
    ...[`listen_port = ${port}`, 'unix_socket_dir =', `pool_mode = ${mode}`, 'auth_type = trust'],
    ...[`auth_file = ${list}`, `admin_users = ${ADMIN}`, ...settings],
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  if (user) for (const path of [home, list, file]) chownSync(path, user.uid, user.gid);
  const through = (url: string) => Object.assign(new URL(url), { hostname: '127.0.0.1', port }).href;
  let running: BackgroundProcess | undefined;

  const pooler: PgBouncer = {
    through,
    async admin(command) {
      const client = new Client(`postgres://${ADMIN}@127.0.0.1:${port}/pgbouncer`);
      // SHUTDOWN cuts it.
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(command)).rows;
      } finally {
        await client.end();
      }
    },
    start: () =>
      startInBackground('pgbouncer', [file], { cwd: home, ...user, ready: 'process up' }, (started) => {
        running = started;
      }),
    async crash() {
      await running?.end('SIGKILL');
      running = undefined;
    },
    async remove() {
      await pooler.crash();
      rmSync(home, { recursive: true, force: true });
    },
  };
  try {
    await pooler.start();
  } catch (error) {
    await pooler.remove();
    throw error;
  }
  return pooler;
}
