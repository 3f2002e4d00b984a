/** The package as it is packed and installed, with Node 20 first on PATH. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startForwardProxy } from '../support/servers/forward-proxy.ts';
import { startReceiver } from '../support/servers/receiver.ts';
import { type Program, startCommand } from '../support/run-program.ts';
import { type Machine, makeMachine, type Ran, ROOT } from './install.ts';

const VERSION = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;

let machine: Machine;
let packed: Ran;
let installed: Ran;
let prefix: string;
/** The installed program, its package, and its own Node. */
let program: string;
let folder: string;
let ownNode: string;

beforeAll(() => {
  machine = makeMachine();
  packed = machine.run('npm', ['pack', '--json', ROOT]);
  prefix = join(machine.home, 'prefix');
  installed = machine.run('npm', ['install', '--global', '--prefix', prefix, tarball()]);
  program = join(prefix, 'bin', 'findall-watch');
  folder = join(prefix, 'lib/node_modules/findall-watch');
  ownNode = join(folder, `node_modules/node-linux-${process.arch}/bin/node`);
});

afterAll(() => machine.remove());

function tarball(): string {
  return join(machine.home, `findall-watch-${VERSION}.tgz`);
}

/** Environment of a program with a home of its own; PATH has Node 20 first. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  return { PATH: machine.path, HOME: machine.home, NODE_COMPILE_CACHE: '', ...more };
}

/** Starts the installed program; it is gone when the test is. */
function start(args: readonly string[], env: Record<string, string> = {}): Program {
  const started = startCommand(program, args, { env: environment(env), cwd: machine.home });
  onTestFinished(async () => {
    started.kill('SIGKILL');
    await started.exited;
  });
  return started;
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const started = start(args, env);
  const { code } = await started.exited;
  return { code, stdout: started.stdout(), stderr: started.stderr() };
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function report(line: string): void {
  process.stdout.write(`    ${line}\n`);
}

describe('the tarball', () => {
  it('contains what running needs and nothing else', () => {
    const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    expect(paths.filter((path) => !path.startsWith('dist/')).toSorted()).toEqual([
      'README.md',
      'config/README.md',
      'config/findall-watch.example.yaml',
      'config/findall-watch.schema.json',
      'config/kubernetes.md',
      'config/operations.md',
      'config/outage.md',
      'config/postgresql.md',
      'config/reference.md',
      'config/sinks.md',
      'config/slack.md',
      'config/systemd/findall-watch.service',
      'config/upgrade.md',
      'package.json',
      'src/findall-watch',
    ]);
    const built = paths.filter((path) => path.startsWith('dist/'));
    expect(built.filter((path) => !/^dist\/[\w-]+\.mjs(?:\.map)?$/.test(path))).toEqual([]);
    for (const lazy of [
      'liquidjs',
      'nodemailer',
      'operations',
      'postgres-database',
      'temporal-polyfill',
      'undici',
    ])
      expect(built).toContain(`dist/${lazy}.mjs`);
  });

  it('holds no path of this machine', () => {
    const files = filesBelow(join(folder, 'dist'));
    const places = [ROOT.replace(/\/$/, ''), homedir(), machine.home, '<DIR>', 'file:///home'];
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      expect(places.filter((place) => place !== '/' && text.includes(`${place}/`))).toEqual([]);
    }
    for (const file of files.filter((name) => name.endsWith('.map'))) {
      const { sources } = JSON.parse(readFileSync(file, 'utf8')) as { sources: string[] };
      expect(
        sources.filter((source) => !/^\.\.\/(?:src|node_modules|lazy:|package\.json)/.test(source)),
      ).toEqual([]);
    }
  });
});

describe('the installation', () => {
  it('says one line, and nothing of engines or scripts', () => {
    expect(installed).toMatchObject({ code: 0, stderr: '' });
    expect(installed.stdout.trim()).toMatch(/^added 2 packages in \S+$/);
  });

  it('brings its own Node and no other package', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      `node-linux-${process.arch}`,
    ]);
    const sizeOf = (files: readonly string[]) => files.reduce((sum, file) => sum + statSync(file).size, 0);
    const all = filesBelow(prefix);
    const ours = all.filter((file) => !file.startsWith(join(folder, 'node_modules')));
    const headers = all.filter((file) => file.includes('/include/'));
    for (const [what, files] of Object.entries({
      'whole installation': all,
      program: ours,
      'headers of Node': headers,
    }))
      report(`${what}: ${files.length} files, ${(sizeOf(files) / 1e6).toFixed(1)} MB`);
  });

  it('of a checkout says nothing of engines, and npx neither', () => {
    expect(machine.run('npm', ['ci', '--dry-run', '--prefix', ROOT])).toMatchObject({ code: 0, stderr: '' });
    expect(spawnIn(ROOT, 'npx', ['findall-watch', '--version'])).toBe(`${VERSION}\n`);
  });
});

/** What a command in another directory wrote, to stderr as well. */
function spawnIn(cwd: string, command: string, args: readonly string[]): string {
  const { stdout, stderr } = machine.run('sh', [
    '-c',
    `cd '${cwd}' && exec "$0" "$@" 2>&1`,
    command,
    ...args,
  ]);
  return stdout + stderr;
}

describe('the installed program', () => {
  it('runs in the Node that came with it', async () => {
    const old = machine.run('node', ['--version']).stdout;
    expect(old).toMatch(/^v20\./);
    const checked = start(['simulate', '--port', '0']);
    await checked.says('stop with Ctrl-C');
    const own = readFileSync(`/proc/${checked.child.pid}/cmdline`, 'utf8').split('\0')[0];
    expect(own).toBe(ownNode);
    checked.kill('SIGTERM');
    await checked.exited;
  });

  it('shows the demo', async () => {
    const { code, stdout, stderr } = await run(['demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/✔ /g)).toHaveLength(6);
    expect(stdout).toContain('completed: the match limit was reached');
  });

  it('follows a run of the simulated API', async () => {
    const simulator = start(['simulate', '--port', '0', '--time-scale', '20']);
    await simulator.says('stop with Ctrl-C');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(simulator.stdout())?.[0] ?? '';
    const id = /findall_\w+/.exec(simulator.stdout())?.[0] ?? '';
    const { code, stdout } = await run(['follow', id, '--interval', '100ms'], {
      PARALLEL_API_KEY: 'a-key',
      PARALLEL_BASE_URL: url,
      FINDALL_WATCH_STORE: join(machine.home, 'follow.db'),
    });
    expect(stdout).toContain('completed: the match limit was reached');
    expect(code).toBe(0);
  });

  it('delivers through a proxy, with a template and quiet hours', async () => {
    const receiver = await startReceiver();
    const proxy = await startForwardProxy();
    onTestFinished(async () => {
      await proxy.close();
      await receiver.close();
    });
    const file = join(machine.home, 'proxied.yaml');
    writeFileSync(
      file,
      `sinks:
  - name: behind
    type: webhook
    url: ${receiver.url}
    secret: whsec_${Buffer.alloc(32, 7).toString('base64')}
    proxy: ${proxy.url}
    template: '{"text": {{ event.data.name | json }}}'
    quiet: [{ from: "22:00", to: "07:00", timezone: Europe/Berlin }]
`,
    );
    const env = { FINDALL_WATCH_STORE: join(machine.home, 'proxied.db') };
    const { code, stderr } = await run(['test-sink', 'behind', '--config', file], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(receiver.deliveries).toHaveLength(1);
    expect(proxy.seen).toHaveLength(1);
    expect(receiver.deliveries[0]?.text).toMatch(/^\{"text": "/);
  });

  it('loads what mail and PostgreSQL need', async () => {
    const file = join(machine.home, 'mail.yaml');
    // Nobody listens on port 9.
    writeFileSync(
      file,
      'sinks: [{ name: mail, type: email, host: 127.0.0.1, port: 9, tls: none, from: a@example.com, to: [b@example.com] }]\n',
    );
    const mailed = await run(['test-sink', 'mail', '--config', file]);
    expect(mailed.stdout + mailed.stderr).toContain('ECONNREFUSED');
    expect(mailed.code).toBe(1);
    const asked = await run(['runs'], { FINDALL_WATCH_STORE: 'postgres://somebody@127.0.0.1:9/nothing' });
    expect(asked.stderr).toContain('ECONNREFUSED');
    expect(asked.stderr).not.toContain('defect');
  });

  it('serves health, metrics and the control API, and stops in order', async () => {
    const daemon = start(['serve'], {
      PARALLEL_API_KEY: 'a-key',
      PARALLEL_BASE_URL: 'http://127.0.0.1:9',
      FINDALL_WATCH_STORE: join(machine.home, 'served.db'),
      FINDALL_WATCH_HTTP_PORT: '0',
      FINDALL_WATCH_HTTP_TOKEN: 'a-token-of-this-test',
    });
    await daemon.says('"msg":"started"');
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(daemon.stdout())?.[0] ?? '';
    expect(await (await fetch(`${origin}/livez`)).text()).toBe('ok\n');
    expect(await (await fetch(`${origin}/metrics`)).text()).toContain('# HELP ');
    const headers = { authorization: 'Bearer a-token-of-this-test' };
    const described = (await (await fetch(`${origin}/v1/openapi.json`, { headers })).json()) as {
      openapi: string;
    };
    expect(described.openapi).toMatch(/^3\./);
    daemon.kill('SIGTERM');
    expect(await daemon.exited).toEqual({ code: 0, signal: null });
  });

  it('starts: how long check takes from dist and from source', async () => {
    const timed = async (command: string, args: readonly string[], cache: string) => {
      const took: number[] = [];
      // The first of each fills the cache of compiled code.
      for (let time = 0; time < 6; time++) {
        const startedAt = performance.now();
        const env = environment({ NODE_COMPILE_CACHE: cache });
        const child = startCommand(command, args, { env, cwd: machine.home });
        expect(await child.exited).toEqual({ code: 0, signal: null });
        took.push(performance.now() - startedAt);
      }
      const rest = took.slice(1).toSorted((a, b) => a - b);
      return `${Math.round(rest[2] ?? 0)} ms (without compiled code ${Math.round(took[0] ?? 0)})`;
    };
    const cache = join(machine.home, 'compiled');
    report(`check, installed: ${await timed(program, ['check'], join(cache, 'installed'))}`);
    report(
      `check, dist alone: ${await timed(ownNode, [join(folder, 'dist/findall-watch.mjs'), 'check'], join(cache, 'dist'))}`,
    );
    report(
      `check, source: ${await timed(ownNode, [join(ROOT, 'src/main.ts'), 'check'], join(cache, 'source'))}`,
    );
  });
});

describe('the right Node', () => {
  const NEEDED = 'findall-watch: Node 24.15 or later is needed, and this is Node 20.';

  it('is asked for in plain words where only Node 20 is there', async () => {
    const bin = installInProject('without-node', ['--omit=optional']);
    const started = startCommand(bin, ['check'], { env: environment() });
    expect(await started.exited).toEqual({ code: 78, signal: null });
    expect(started.stderr()).toContain(NEEDED);
    expect(started.stderr()).not.toMatch(/^ +at /m);
    // With the right one first on PATH the same installation works.
    const path = `${join(ownNode, '..')}:${machine.path}`;
    const right = startCommand(bin, ['--version'], { env: environment({ PATH: path }) });
    expect(await right.exited).toEqual({ code: 0, signal: null });
  });

  it.each(['src/main.ts', 'dist/findall-watch.mjs'])('is asked for by %s under Node 20', (file) => {
    const { code, stdout, stderr } = machine.run('node', [join(ROOT, file), 'check']);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain(NEEDED);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('is found beside the package where a project depends on it', async () => {
    const started = startCommand(installInProject('with-node'), ['--version'], { env: environment() });
    expect(await started.exited).toEqual({ code: 0, signal: null });
  });
});

/** Installs the tarball as a dependency of an empty project, and gives the command. */
function installInProject(name: string, options: readonly string[] = []): string {
  const project = join(machine.home, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{}');
  const done = machine.run('npm', ['install', ...options, '--prefix', project, tarball()]);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  return join(project, 'node_modules/.bin/findall-watch');
}

describe('the systemd unit', () => {
  it.runIf(existsSync('/usr/bin/systemd-analyze'))('is found good, with the program where it says', () => {
    const unit = readFileSync(join(folder, 'config/systemd/findall-watch.service'), 'utf8');
    expect(unit).toContain('\nExecStart=/opt/findall-watch/bin/findall-watch serve\n');
    const file = join(machine.home, 'findall-watch.service');
    writeFileSync(file, unit.replaceAll('/opt/findall-watch/', `${prefix}/`));
    const documented = /^Documentation=file:(\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    expect(existsSync(documented)).toBe(true);
    // It may exit with 0 and complain all the same.
    const { stdout, stderr } = machine.run('systemd-analyze', ['verify', file]);
    expect(stdout + stderr).toBe('');
  });
});
