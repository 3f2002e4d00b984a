import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { reply, startMailServer } from '../sinks/email/mail-server.ts';
import { listen } from '../poll/findall/raw-server.ts';
import { placeOf } from '../observe/watched-daemon.ts';
import { eventually } from '../support/eventually.ts';
import { jsonLines, openSandbox } from '../support/program-sandbox.ts';

/** Signs that each encoding writes in its own way; in every spelling the letters of "c4nary" are left or their codes are. */
const SIGNS = `"&<%/`;
const canaryOf = (of: string) => `c4nary-${of}${SIGNS}`;
const FOUND = /c4nary|&#(?:99|x63);|\\u0063|%63/i;

const SECRETS = {
  KEY: canaryOf('key'),
  TOKEN: canaryOf('token-of-http'),
  HEADER: canaryOf('header'),
  NTFY: canaryOf('ntfy'),
  MAIL: canaryOf('mail'),
  SIGNING: `whsec_${Buffer.from('c4nary-signing-secret-of-the-hook').toString('base64')}`,
};
/** What goes into an address is written for it. */
const IN_URL = encodeURIComponent(canaryOf('url'));
const TELEGRAM = '110201543:c4nary-telegram-c4nary-telegram';

const html = (text: string) => Array.from(text, (sign) => `&#${sign.codePointAt(0)};`).join('');
const unicode = (text: string) =>
  Array.from(text, (sign) => String.raw`\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`).join(
    '',
  );

type Answer = (response: ServerResponse, echo: string, request: IncomingMessage) => void;

/** Ways to fail, each of which says back what was sent, one after the other. */
const FAILURES: readonly Answer[] = [
  (response, echo) => response.writeHead(500).end(echo),
  (response, echo) =>
    response.writeHead(400).end(JSON.stringify({ ok: false, description: echo, error: echo })),
  (response, echo) => response.writeHead(403).end(encodeURIComponent(echo)),
  (response, echo) => response.writeHead(404).end(html(echo)),
  (response, echo) => response.writeHead(422).end(`{"detail":"${unicode(echo)}"}`),
  (response, echo) =>
    response.writeHead(302, { location: `http://127.0.0.1:9/${encodeURIComponent(echo)}` }).end(echo),
  (response, echo) => response.writeHead(429, { 'retry-after': '0' }).end(JSON.stringify(echo)),
  (response, _, { socket }) => (response.destroy(), socket.destroy()),
  (response, echo) => response.writeHead(200, { 'content-length': 1e6 }).write(echo),
  () => {},
];

/** A receiver of everything that never takes anything. */
async function startEcho(): Promise<{ url: string; asked: ReadonlyMap<string, number> }> {
  const asked = new Map<string, number>();
  const { url } = await listen((request, response) => {
    void (async () => {
      const sink = /^\/(\w+)/.exec(request.url ?? '')?.[1] ?? '';
      const body = await textOf(request);
      const credentials = (request.headers.authorization ?? '').replace(/^Basic /, '');
      const opened = Buffer.from(credentials, 'base64').toString();
      const echo = [request.url, ...Object.values(request.headers), opened, body].join(' ').slice(0, 3000);
      const count = asked.get(sink) ?? 0;
      asked.set(sink, count + 1);
      FAILURES[count % FAILURES.length]?.(response, echo, request);
    })().catch(() => response.destroy());
  });
  return { url, asked };
}

/** A proxy that refuses in words of what it was sent. */
async function startRefusingProxy(): Promise<string> {
  const { url, server } = await listen((request, response) => {
    response.writeHead(407).end(JSON.stringify(request.headers));
  });
  server.on('connect', ({ headers }, socket) => {
    const said = Buffer.from(String(headers['proxy-authorization']).slice(6), 'base64').toString();
    socket.end(`HTTP/1.1 407 ${said}\r\ncontent-length: 0\r\n\r\n`);
  });
  return url;
}

function sinksAt(url: string, proxy: string, mailPort: number): string {
  const host = url.replace('http://', '');
  const retry = 'retry: { first: 10ms, max: 10ms, giveUp: 30s, alertAfter: 1s }, timeout: 300ms';
  const withPassword = proxy.replace('http://', `http://user:${IN_URL}@`);
  return `
api: { key: "\${KEY}" }
http: { port: 0, token: "\${TOKEN}" }
heartbeat: { url: "${url}/heartbeat/${IN_URL}", interval: 1s }
poll: { interval: 50ms, maxInterval: 100ms, degradedAfter: 0s }
sinks:
  - { name: log, type: log }
  - { name: hook, type: webhook, url: "http://u:${IN_URL}@${host}/hook/${IN_URL}?q=${IN_URL}", secret: "\${SIGNING}", headers: { x-canary: "\${HEADER}" }, ${retry} }
  - { name: slack, type: slack, url: "${url}/slack/${IN_URL}", ${retry} }
  - { name: discord, type: discord, url: "${url}/discord/${IN_URL}", ${retry} }
  - { name: teams, type: teams, url: "${url}/teams/${IN_URL}", ${retry} }
  - { name: ntfy, type: ntfy, url: "${url}/ntfy/c4nary-topic", token: "\${NTFY}", ${retry} }
  - { name: telegram, type: telegram, apiUrl: "${url}/telegram", token: "${TELEGRAM}", chat: 1, ${retry} }
  - { name: mail, type: email, host: 127.0.0.1, port: ${mailPort}, tls: none, user: somebody, password: "\${MAIL}", from: a@b.example, to: c@d.example, ${retry} }
  - { name: proxied, type: slack, url: "https://slack.example/${IN_URL}", proxy: "${withPassword}", ${retry} }
  - { name: command, type: command, command: [sh, -c, "env >&2; exit 1"], ${retry} }
`;
}

/** Every file of the state that holds a canary, whole bytes looked through. */
function filesWithCanaries(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => FOUND.test(readFileSync(file, 'latin1')));
}

test('no secret of any setting shows anywhere, however its receiver fails', async () => {
  const echo = await startEcho();
  const api = createServer((_, response) => {
    response
      .writeHead(500)
      .end(JSON.stringify({ error: { message: `no ${SECRETS.KEY} ${html(SECRETS.KEY)}` } }));
  });
  const { url: apiUrl } = await listen((request, response) => api.emit('request', request, response));
  const mail = await startMailServer({
    authOptional: false,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    onAuth: ({ password }, _, callback) =>
      callback(reply(535, `no ${password} ${encodeURIComponent(password ?? '')}`)),
  });
  const sandbox = await openSandbox({
    scenarios: ['low-match-rate'],
    env: { ...SECRETS, PARALLEL_API_KEY: '', FINDALL_WATCH_LOG_LEVEL: 'trace' },
    apiKey: SECRETS.KEY,
  });
  const config = join(sandbox.directory, 'watch.yaml');
  writeFileSync(config, sinksAt(echo.url, await startRefusingProxy(), mail.port), { mode: 0o600 });
  const withFile = (...args: string[]) => [...args, '--config', config];
  const outputs: string[] = [];

  const daemon = sandbox.start(withFile('serve', ...sandbox.ids));
  const url = await placeOf(daemon);
  const sinks = ['hook', 'slack', 'discord', 'teams', 'ntfy', 'telegram'];
  await eventually(() => sinks.every((sink) => (echo.asked.get(sink) ?? 0) >= FAILURES.length));
  await eventually(() => echo.asked.has('heartbeat'));
  for (const sink of ['mail', 'proxied', 'command']) await daemon.says(`"sink":"${sink}"`);
  // A run that the API fails, in words of the key.
  const failing = await sandbox
    .run(withFile('follow', sandbox.ids[0], '--all', '--base-url', apiUrl, '--linger', '0s'), {
      PARALLEL_BASE_URL: apiUrl,
    })
    .catch((error: unknown) => ({ stdout: String(error), stderr: '' }));
  outputs.push(failing.stdout, failing.stderr);

  outputs.push(execFileSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' }));
  daemon.kill('SIGUSR2');
  await daemon.says('"msg":"status"');
  const authorization = { authorization: `Bearer ${SECRETS.TOKEN}` };
  for (const path of [
    '/metrics',
    '/readyz?verbose',
    '/livez',
    '/v1/runs',
    `/v1/runs/${sandbox.ids[0]}`,
    '/v1/events',
  ]) {
    const answer = await fetch(`${url}${path}`, { headers: authorization });
    expect([path, answer.status]).toEqual([path, 200]);
    outputs.push(await answer.text());
  }
  const [event] = jsonLines<{ event?: { id: string } }>(daemon.stdout()).flatMap(
    (line) => line.event?.id ?? [],
  );
  for (const args of [
    ['check', '--all'],
    ['check', '--online'],
    ['check', '--online', '--json'],
    ['outbox'],
    ['outbox', '--json'],
    ['explain', event ?? ''],
    ['explain', event ?? '', '--json'],
    ['events', '--json'],
    ['runs', '--json'],
    ['backup', join(sandbox.directory, 'backup.db')],
    ['test-sink', 'hook'],
    ['test-sink', 'mail'],
  ]) {
    const { stdout, stderr, code } = await sandbox.run(withFile(...args));
    // A test that fails says so.
    expect([args, code === 0]).toEqual([args, args[0] !== 'test-sink' && args[1] !== '--online']);
    outputs.push(stdout, stderr);
  }
  daemon.kill('SIGTERM');
  await daemon.exited;
  outputs.push(daemon.stdout(), daemon.stderr());

  for (const output of outputs) expect(output.split('\n').filter((line) => FOUND.test(line))).toEqual([]);
  expect(filesWithCanaries(sandbox.directory).filter((file) => file !== config)).toEqual([]);
  expect(outputs.join('')).toContain('***');
});
