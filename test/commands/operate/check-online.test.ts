import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DatabaseSync } from 'node:sqlite';
import { buildSinks } from '../../../src/build-sinks.ts';
import { systemClock } from '../../../src/clock.ts';
import { openLog } from '../../../src/logging/logger.ts';
import { openStore } from '../../../src/record/open-store.ts';
import { createSimulator } from '../../../src/simulator/simulator.ts';
import { tempDirectory } from '../../builders/temp-store.ts';
import { makeTempDatabase } from '../../record/postgres/temp-postgres.ts';
import { certificate, reply, startMailServer, trustCertificateHere } from '../../sinks/email/mail-server.ts';
import { SECTIONS, withSink } from '../../sinks/sections.ts';
import { eventually } from '../../support/eventually.ts';
import { runCommand, startCommand } from '../../support/run-command.ts';
import { openProxy, PROXY_PASSWORD } from '../../support/servers/forward-proxy.ts';
import { freePort } from '../../support/servers/free-port.ts';

trustCertificateHere();

const KEY = 'a-good-key-canary';
let api: Awaited<ReturnType<typeof createSimulator>>;

beforeAll(async () => {
  api = await createSimulator({ scenarios: [], clock: systemClock, apiKey: KEY });
});
afterAll(() => api.close());

interface Surroundings {
  readonly env: Record<string, string>;
  readonly cwd: string;
}

/** A working directory with this list of sinks, in which nothing else is configured but the key and the API. */
async function surroundings(sinks: string, more: Record<string, string> = {}): Promise<Surroundings> {
  const cwd = await tempDirectory();
  mkdirSync(join(cwd, 'config'), { mode: 0o700 });
  writeFileSync(join(cwd, 'config/findall-watch.yaml'), `sinks: [${sinks}]\n`, { mode: 0o600 });
  const env = { HOME: cwd, PARALLEL_API_KEY: KEY, PARALLEL_BASE_URL: api.url, ...more };
  return { env, cwd };
}

async function checkOnline(sinks: string, more: Record<string, string> = {}) {
  const given = await surroundings(sinks, more);
  const { code, stdout, stderr } = await runCommand(['check', '--online'], given);
  expect(stderr).toBe('');
  for (const secret of [KEY, PROXY_PASSWORD, 'canary']) expect(stdout).not.toContain(secret);
  return { ...given, code, stdout, verdict: stdout.split('\n')[0] ?? '' };
}

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that counts connections and the bytes that come. */
async function countingServer() {
  const seen = { connections: 0, bytes: 0 };
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    seen.connections += 1;
    sockets.add(socket);
    socket.on('data', (bytes) => (seen.bytes += bytes.length)).on('error', () => {});
  });
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return { host: await listening(server), seen };
}

describe('check --online, of the API and the key', () => {
  it('is satisfied with a key that the API accepts, and has asked about no run of anybody', async () => {
    const { code, stdout, verdict } = await checkOnline('{ name: x, type: log }');
    expect(verdict).toBe('OK with 1 warning: config/findall-watch.yaml, 1 sink (x), API key set');
    expect(stdout).toContain(`\n  API     ok: ${api.url} accepts the key\n`);
    expect(stdout).toContain('\n  sink x  ok: there is nothing to test\n');
    expect(stdout).toContain('\nNo message was sent: findall-watch test-sink NAME sends one.\n');
    expect(code).toBe(0);
  });

  it.each([
    [
      'a key that is refused',
      { PARALLEL_API_KEY: 'another-canary-key' },
      /API +failed: the key is refused: HTTP 401.*; set PARALLEL_API_KEY to a valid key/,
    ],
    [
      'no key',
      { PARALLEL_API_KEY: '' },
      /API +failed: no API key; set PARALLEL_API_KEY, then run findall-watch check --online/,
    ],
    [
      'an API that is away',
      { PARALLEL_BASE_URL: 'http://127.0.0.1:1' },
      /API +failed: http:\/\/127\.0\.0\.1:1: connection refused .*; check the network and PARALLEL_BASE_URL/,
    ],
  ])('fails with %s', async (_, env, line) => {
    const { code, stdout, verdict } = await checkOnline('{ name: x, type: log }', env);
    expect(verdict).toMatch(/^FAILED: 1 of 3 tests; /);
    expect(stdout).toMatch(line);
    expect(code).toBe(1);
  });

  it('fails with a host that is not the API', async () => {
    const host = await listening(createServer((_, response) => response.end('<html>hello</html>')));
    const { code, stdout } = await checkOnline('', { PARALLEL_BASE_URL: `http://${host}` });
    expect(stdout).toContain(
      `API    failed: http://${host} does not answer like the FindAll API; check PARALLEL_BASE_URL`,
    );
    expect(code).toBe(1);
  });
});

describe('check --online, of the store', () => {
  it('makes none that is missing, and says when it will be made', async () => {
    const { code, stdout, cwd } = await checkOnline('', { FINDALL_WATCH_STORE: 'new/state/watch.db' });
    expect(stdout).toContain(
      `store  ok: ${join(cwd, 'new/state/watch.db')} will be created at the first start\n`,
    );
    expect(readdirSync(cwd)).toEqual(['config']);
    expect(code).toBe(0);
  });

  it('fails where none can be made', async () => {
    const { cwd, env } = await surroundings('');
    writeFileSync(join(cwd, 'file'), '');
    for (const place of ['file/watch.db', 'file/state/watch.db']) {
      const { code, stdout } = await runCommand(['check', '--online', '--store', place], { cwd, env });
      expect(stdout).toMatch(
        /store {2}failed: cannot make the state file .*: a part of its path is a file, not a directory; choose a writable place/,
      );
      expect(code).toBe(1);
    }
  });

  it('tries to write to one that is there, and leaves no file beside it', async () => {
    const { cwd, env } = await surroundings('');
    const store = join(cwd, 'watch.db');
    await (await openStore(store, randomUUID)).close();
    const { code, stdout } = await runCommand(['check', '--online', '--store', store], { cwd, env });
    expect(stdout).toContain(`store  ok: ${store} can be written\n`);
    expect(readdirSync(cwd).filter((name) => name.startsWith('watch'))).toEqual(['watch.db']);
    expect(code).toBe(0);
  });

  it('knows an older and a newer version, and migrates neither', async () => {
    const { cwd, env } = await surroundings('');
    const store = join(cwd, 'watch.db');
    await (await openStore(store, randomUUID)).close();
    const migrations = () => {
      const database = new DatabaseSync(store);
      const names = database.prepare('select name from kysely_migration order by name').all();
      database.close();
      return names.map(({ name }) => String(name));
    };
    const change = (statement: string) => {
      const database = new DatabaseSync(store);
      database.exec(statement);
      database.close();
    };
    const last = migrations().at(-1) ?? '';
    change(`delete from kysely_migration where name = '${last}'`);
    const older = await runCommand(['check', '--online', '--store', store], { cwd, env });
    expect(older.stdout).toContain('can be written; the first start of this version will migrate it\n');
    expect(migrations()).not.toContain(last);

    change("insert into kysely_migration values ('999-future', '2030-01-01')");
    const newer = await runCommand(['check', '--online', '--store', store], { cwd, env });
    expect(newer.stdout).toContain(
      `store  failed: ${store} was written by a newer version of findall-watch; use that version`,
    );
    expect(newer.code).toBe(1);
  });

  it('fails with a file that is none of ours, which stays as it is', async () => {
    const { cwd, env } = await surroundings('');
    writeFileSync(join(cwd, 'x.db'), 'garbage that is no database'.repeat(10));
    const { code, stdout } = await runCommand(['check', '--online', '--store', 'x.db'], { cwd, env });
    expect(stdout).toMatch(
      /store {2}failed: the state file .* is damaged or is not a database .*; it was left as it is/,
    );
    expect(code).toBe(1);
  });

  it('looks at a database, makes no tables in it, and shows no password', async () => {
    const url = Object.assign(new URL(await makeTempDatabase()), { password: 'canary-song' }).href;
    const first = await checkOnline('', { FINDALL_WATCH_STORE: url });
    expect(first.stdout).toContain(' is empty; its tables will be created at the first start\n');
    expect((await checkOnline('', { FINDALL_WATCH_STORE: url })).stdout).toBe(
      first.stdout.replaceAll(first.cwd, '.'),
    );
    await (await openStore(url, randomUUID)).close();
    const { code, stdout } = await checkOnline('', { FINDALL_WATCH_STORE: url });
    expect(stdout).toMatch(/store {2}ok: postgres\S+ can be written\n/);
    expect(code).toBe(0);
  });

  it('fails with a database that is away', async () => {
    const { code, stdout } = await checkOnline('', {
      FINDALL_WATCH_STORE: 'postgres://w:canary@127.0.0.1:1/w',
    });
    expect(stdout).toMatch(
      /store {2}failed: the PostgreSQL database postgres:\/\/w@127\.0\.0\.1:1\/w cannot be used: .*; see that PostgreSQL runs/,
    );
    expect(code).toBe(1);
  });
});

describe('check --online, of sinks that speak HTTP', () => {
  it.each(['webhook', 'slack', 'discord', 'teams', 'ntfy'])(
    'connects to a %s and sends nothing',
    async (type) => {
      const { host, seen } = await countingServer();
      const { code, stdout } = await checkOnline(`{ name: x, type: ${type}, url: "http://${host}/canary" }`);
      expect(stdout).toContain(`  sink x  ok: connected to http://${host}\n`);
      await eventually(() => seen.connections === 1);
      expect(seen.bytes).toBe(0);
      expect(code).toBe(0);
    },
  );

  it('fails with one that is away, beside others that are there', async () => {
    const { host } = await countingServer();
    const gone = await freePort();
    const { code, stdout, verdict } = await checkOnline(
      `{ name: here, type: webhook, url: "http://${host}/canary" }, { name: gone, type: slack, url: "http://127.0.0.1:${gone}/canary" }`,
    );
    expect(verdict).toMatch(/^FAILED: 1 of 4 tests; /);
    expect(stdout).toContain(`  sink here  ok: connected to http://${host}\n`);
    expect(stdout).toContain(
      `  sink gone  failed: http://127.0.0.1:${gone}: connection refused (ECONNREFUSED); fix it, then run findall-watch check --online\n`,
    );
    expect(code).toBe(1);
  });

  it('goes through the proxy of the sink, by CONNECT, and checks the certificate behind it', async () => {
    const { createServer: createTlsServer } = await import('node:https');
    let requests = 0;
    const host = await listening(createTlsServer(certificate(), () => (requests += 1)));
    const proxy = await openProxy();
    const sink = `{ name: x, type: webhook, url: "https://${host}/canary", proxy: "${proxy.url}" }`;
    const { code, stdout } = await checkOnline(sink);
    expect(stdout).toContain(`sink x  ok: connected to https://${host} through the proxy ${proxy.origin}\n`);
    expect(proxy.seen).toMatchObject([{ method: 'CONNECT', target: host }]);
    expect({ code, requests }).toEqual({ code: 0, requests: 0 });

    proxy.fault = { status: 403 };
    const refused = await checkOnline(sink);
    expect(refused.stdout).toContain('it does not let this through (HTTP 403)');
    expect(refused.code).toBe(1);
  });

  it('of a plain address behind a proxy tries the proxy, also of a sink with a template', async () => {
    const { host, seen } = await countingServer();
    const proxy = await openProxy();
    const { code, stdout } = await checkOnline(
      `{ name: x, type: slack, url: "http://${host}/canary", proxy: "http://${proxy.origin.slice(7)}", template: "{{ data.name }}" }`,
    );
    expect(stdout).toContain(`sink x  ok: connected to the proxy ${proxy.origin}\n`);
    expect({ code, seen, asked: proxy.seen }).toEqual({
      ...{ code: 0, asked: [] },
      seen: { connections: 0, bytes: 0 },
    });
  });

  it('gives up a server that says nothing during the handshake, in the time of the sink', async () => {
    const { host } = await countingServer();
    const { code, stdout } = await checkOnline(
      `{ name: x, type: webhook, url: "https://${host}/canary", timeout: 200ms }`,
    );
    expect(stdout).toContain(`sink x  failed: no answer from https://${host} within 200 ms; `);
    expect(code).toBe(1);
  });

  it.each([
    [200, { ok: true, result: { username: 'a_bot' } }, 'ok: Telegram accepts the token\n'],
    [
      401,
      { ok: false, error_code: 401, description: 'Unauthorized' },
      'failed: the bot token is wrong or was revoked',
    ],
  ])('asks Telegram who the bot is (%i)', async (status, body, says) => {
    const asked: string[] = [];
    const host = await listening(
      createServer((request, response) => {
        asked.push(request.url?.split('/').at(-1) ?? '');
        response.writeHead(status).end(JSON.stringify(body));
      }),
    );
    const token = `1:canary${'A'.repeat(30)}`;
    const { code, stdout } = await checkOnline(
      `{ name: x, type: telegram, token: "${token}", chat: "1", apiUrl: "http://${host}" }`,
    );
    expect(stdout).toContain(`sink x  ${says}`);
    expect(asked).toEqual(['getMe']);
    expect(code).toBe(status === 200 ? 0 : 1);
  });
});

describe('check --online, of other sinks', () => {
  const mail = (port: number, more = '') =>
    `{ name: x, type: email, host: 127.0.0.1, port: ${port}, from: a@example.com, to: b@example.com${more} }`;
  const LOGIN = ', user: ana, password: canary-password';

  it('logs in to a mail server and sends no mail', async () => {
    const users: string[] = [];
    const { port, taken } = await startMailServer({
      onAuth: ({ username = '' }, _, done) => {
        users.push(username);
        done(null, { user: username });
      },
    });
    const { code, stdout } = await checkOnline(mail(port, LOGIN));
    expect(stdout).toContain(`sink x  ok: 127.0.0.1:${port} accepts the login\n`);
    expect({ code, users, taken: taken() }).toEqual({ code: 0, users: ['ana'], taken: [] });
  });

  it('goes to a mail server through the proxy of the sink', async () => {
    const { port } = await startMailServer();
    const proxy = await openProxy();
    const { code, stdout } = await checkOnline(mail(port, `, proxy: "${proxy.url}"`));
    expect(stdout).toContain(`sink x  ok: 127.0.0.1:${port} through the proxy ${proxy.origin} answers\n`);
    expect(proxy.seen).toMatchObject([{ method: 'CONNECT', target: `127.0.0.1:${port}` }]);
    expect(code).toBe(0);
  });

  it('fails with a mail server that refuses the login, or that is silent', async () => {
    const { port } = await startMailServer({ onAuth: (_, __, done) => done(reply(535, 'no')) });
    const refused = await checkOnline(mail(port, LOGIN));
    expect(refused.stdout).toContain(
      `sink x  failed: 127.0.0.1:${port} refuses the login: check user and password`,
    );
    const { host } = await countingServer();
    const silent = await checkOnline(mail(Number(host.split(':')[1]), ', timeout: 200ms'));
    expect(silent.stdout).toContain(`sink x  failed: no answer from ${host} within 200 ms; `);
    expect([refused.code, silent.code]).toEqual([1, 1]);
  });

  it('sees whether a file can be written, and makes none', async () => {
    const { cwd, env } = await surroundings(
      '{ name: new, type: file, path: a/b.jsonl }, { name: old, type: file, path: old.jsonl }, { name: no, type: file, path: config }',
    );
    writeFileSync(join(cwd, 'old.jsonl'), 'a line\n');
    const { code, stdout } = await runCommand(['check', '--online'], { cwd, env });
    expect(stdout).toContain(`  sink new  ok: ${join(cwd, 'a/b.jsonl')} can be made\n`);
    expect(stdout).toContain(`  sink old  ok: ${join(cwd, 'old.jsonl')} can be written\n`);
    expect(stdout).toContain(`  sink no   failed: ${join(cwd, 'config')}: it is a directory; `);
    expect(existsSync(join(cwd, 'a'))).toBe(false);
    expect(code).toBe(1);
  });

  it('sees whether a command can be executed, and starts none', async () => {
    const { cwd, env } = await surroundings(
      '{ name: a, type: command, command: [./run.sh] }, { name: b, type: command, command: [no-such-program] }, { name: c, type: command, command: [./text] }, { name: d, type: command, command: [sh, canary] }',
      { PATH: process.env['PATH'] ?? '' },
    );
    writeFileSync(join(cwd, 'run.sh'), '#!/bin/sh\ntouch started\n', { mode: 0o755 });
    writeFileSync(join(cwd, 'text'), '', { mode: 0o644 });
    const { code, stdout } = await runCommand(['check', '--online'], { cwd, env });
    expect(stdout).toContain(`  sink a  ok: ${join(cwd, 'run.sh')} can be executed\n`);
    expect(stdout).toContain('  sink b  failed: no-such-program is not on PATH; ');
    expect(stdout).toContain(`  sink c  failed: ${join(cwd, 'text')} may not be executed; `);
    expect(stdout).toContain('  sink d  ok: sh can be executed\n');
    expect(stdout).not.toContain('canary');
    expect(existsSync(join(cwd, 'started'))).toBe(false);
    expect(code).toBe(1);
  });

  it.each(Object.entries(SECTIONS).filter(([type]) => type !== 'log'))(
    'has a test for %s',
    async (_, section) => {
      const { config } = withSink(section).load();
      const log = openLog({ level: 'silent', to: { write: () => {} } });
      const [built] = await buildSinks(config.sinks, { log, clock: systemClock });
      expect(built?.sink.probe).toBeTypeOf('function');
      await built?.sink.close();
      await log.close(systemClock);
    },
  );
});

describe('check --online, as a command', () => {
  it('--json has each test by itself', async () => {
    const { env, cwd } = await surroundings('{ name: x, type: slack, url: "http://127.0.0.1:1/canary" }');
    const { code, stdout } = await runCommand(['check', '--online', '--json'], { env, cwd });
    const { verdict, online } = JSON.parse(stdout) as { verdict: string; online: object[] };
    expect(verdict).toBe('failed');
    expect(online).toMatchObject([
      { test: 'API', sink: null, ok: true },
      { test: 'store', sink: null, ok: true },
      { test: 'sink', sink: 'x', ok: false },
    ]);
    expect(stdout).not.toContain('canary');
    expect(code).toBe(1);
  });

  it('ends at once when it is interrupted', async () => {
    const { host, seen } = await countingServer();
    const given = await surroundings('', { PARALLEL_BASE_URL: `http://${host}` });
    const command = startCommand(['check', '--online'], given);
    await eventually(() => seen.bytes > 0);
    command.kill('SIGINT');
    expect(await command.exited).toEqual({ code: 130, signal: null });
    expect(command.stdout()).toBe('');
  });
});
