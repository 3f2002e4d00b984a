import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { withFindallId } from '../../src/simulator/scenario/scenario.ts';
import { scenarioNamed } from '../../src/simulator/scenario/scenarios.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
/** The run of the README's examples. */
export const README_RUN = 'findall_40e0ab8c10754be0b7a16477abb38a2f';

/** Every line of the README's shell blocks, continuation lines joined. */
export const commands = [...README.matchAll(/^```sh\n(.*?)^```/gms)]
  .map((match) => (match[1] ?? '').replaceAll(/\\\n\s*/g, ''))
  .flatMap((block) => block.trim().split('\n'));

/** The README's command with these words; it must be there as written. */
export function written(words: string): string {
  const found = commands.filter((command) => command.includes(words));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

/** The jq filter of the README's command with these words. */
export function jqFilterOf(command: string): string {
  const [, filter] = /\| jq -\w+ '([^']*)'/.exec(command) ?? [];
  if (filter === undefined) throw new Error(`no jq filter in: ${command}`);
  return filter;
}

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A simulated API that lives the README's run, and a shell that knows of it. */
export interface ReadmeShell {
  readonly directory: string;
  /** What its commands have in their environment, beside what `run` is given. */
  readonly env: Record<string, string>;
  /** Runs a command as written, but for the placeholder of secrets. `until` ends it with SIGTERM. */
  run(command: string, env?: Record<string, string>, until?: (stdout: string) => boolean): Promise<Ran>;
  close(): Promise<void>;
}

export async function openReadmeShell(): Promise<ReadmeShell> {
  const demo = scenarioNamed('demo');
  if (!demo) throw new Error('the demo scenario is missing');
  const simulator = await createSimulator({
    scenarios: [withFindallId(demo, README_RUN)],
    clock: systemClock,
    timeScale: 10,
  });
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-readme-'));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    PARALLEL_BASE_URL: simulator.url,
    FINDALL_WATCH_STORE: join(directory, 'watch.db'),
    FINDALL_WATCH_POLL_INTERVAL: '100ms',
  };
  return {
    directory,
    env,
    run: (command, more = {}, until) => runInShell(command, { ...env, ...more }, until),
    async close() {
      await simulator.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function runInShell(
  command: string,
  env: Record<string, string>,
  until?: (stdout: string) => boolean,
): Promise<Ran> {
  const shell = spawn('bash', ['-c', command.replaceAll('…', 'a-key')], { cwd: ROOT, detached: true, env });
  const ran: Ran = { code: null, stdout: '', stderr: '' };
  let isEnded = false;
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    ran.stderr += text;
  });
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    ran.stdout += text;
    if (isEnded || !until?.(ran.stdout) || shell.pid === undefined) return;
    // Once: a second signal means at once. The group, as a terminal does.
    isEnded = true;
    process.kill(-shell.pid, 'SIGTERM');
  });
  ran.code = await new Promise((resolve) => shell.once('close', resolve));
  return ran;
}

/** The request that a command of curl makes, with the variables it names. Throws on an option that is unknown here. */
export function requestOf(command: string, env: Record<string, string>): { url: string; init: RequestInit } {
  const [request = '', ...given] = command.split(' <<<');
  // What would be seen in the list of processes comes by standard input.
  const input = given
    .join(' <<<')
    .replace(/^"|"$/g, '')
    .replaceAll(/\$(\w+)/g, (_, name: string) => env[name] ?? '');
  const words = [...request.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) =>
    single === undefined
      ? (double ?? bare ?? '').replaceAll(/\$(\w+)/g, (_, name: string) => env[name] ?? '')
      : single,
  );
  if (words.shift() !== 'curl') throw new Error(`not a command of curl: ${command}`);
  let url = '';
  const headers = new Headers();
  let body: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-H') {
      const header = words.shift() ?? '';
      headers.append(...splitHeader(header === '@-' ? input : header));
    } else if (word === '--json') {
      body = words.shift() ?? '';
      headers.set('content-type', 'application/json');
      headers.set('accept', 'application/json');
    } else if (word.startsWith('http://')) url = word;
    // -N shows what comes at once, which is how it is read here.
    else if (word !== '-N') throw new Error(`unknown word "${word}" in: ${command}`);
  }
  return { url, init: { headers, ...(body === undefined ? {} : { method: 'POST', body }) } };
}

function splitHeader(header: string): [string, string] {
  const colon = header.indexOf(':');
  return [header.slice(0, colon), header.slice(colon + 1).trim()];
}
