import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, startProgram } from '../support/run-program.ts';

/** A daemon of the real program in a directory of its own. */
export interface Daemon {
  readonly program: Program;
  /** Ends it in good order and starts it again on the same store. */
  restart(): Promise<void>;
  storePath: string;
  /** Stops it in good order; fails when it does not end with 0. The directory goes with it. */
  stop(): Promise<void>;
}

export interface DaemonOptions {
  baseUrl: string;
  runs: readonly string[];
  webhookUrl: string;
  /** Over the quick settings that tests want. */
  poll?: Record<string, string>;
  sink?: Record<string, unknown>;
}

/** Starts `serve` with short spans: polls every 100 ms, half a second of patience. */
export async function startDaemon({ baseUrl, runs, webhookUrl, poll, sink }: DaemonOptions): Promise<Daemon> {
  const directory = await mkdtemp(join(tmpdir(), 'findall-watch-faults-'));
  const storePath = join(directory, 'watch.db');
  const config = {
    api: { key: 'fault-key', baseUrl, timeout: '500ms', maxBody: '1MiB' },
    poll: { interval: '100ms', maxInterval: '200ms', linger: '1s', goneAfter: '1s', ...poll },
    runs,
    sinks: [
      {
        name: 'hook',
        type: 'webhook',
        url: webhookUrl,
        timeout: '300ms',
        retry: { first: '20ms', max: '200ms' },
        ...sink,
      },
    ],
    store: { path: storePath, lease: '7s' },
  };
  const file = join(directory, 'config.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  const start = (): Program =>
    startProgram(['serve'], { cwd: directory, env: { FINDALL_WATCH_CONFIG: file, HOME: directory } });
  let program = start();
  async function end(): Promise<void> {
    program.kill('SIGTERM');
    const exit = await program.exited;
    if (exit.code !== 0)
      throw new Error(`the daemon ended with ${JSON.stringify(exit)}: ${program.stdout()}`);
  }
  return {
    get program() {
      return program;
    },
    storePath,
    async restart() {
      await end();
      program = start();
    },
    async stop() {
      await end();
      await rm(directory, { recursive: true });
    },
  };
}
