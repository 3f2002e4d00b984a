/** `startup`: from the start of the process to its first poll at the API. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../support/eventually.ts';
import { RUN } from '../contenders.ts';
import { median, type Row, toRow } from '../report.ts';
import type { OtherSide } from '../start-other-side.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const STARTS = 5;

const LIMIT = `
  import { request } from 'undici';
  const { body } = await request(process.env.PARALLEL_BASE_URL + '/v1beta/findall/runs/${RUN}/result');
  await body.json();`;
const LOOP = `
  import Parallel from 'parallel-web';
  await new Parallel().beta.findall.result('${RUN}');`;

/**
 * The daemon with an empty store, a bare request, and the SDK's loop, each in a process that has just been started. The daemon
 * is started as by its unit and in its image, where compiled code is kept, and not for the first time.
 */
export async function benchStartup(other: OtherSide, scale: number): Promise<Row[]> {
  const times = Math.ceil(STARTS * scale);
  const script = (text: string) => ['--input-type=module', '--eval', text];
  const starts = { ours: ['src/main.ts', 'serve', RUN], loop: script(LOOP), limit: script(LIMIT) };
  const home = mkdtempSync(join(tmpdir(), 'findall-watch-bench-'));
  await startMs(other, starts.ours, home);
  const took = { ours: [] as number[], loop: [] as number[], limit: [] as number[] };
  for (let time = 0; time < times; time++) {
    for (const name of ['ours', 'loop', 'limit'] as const)
      took[name].push(await startMs(other, starts[name], home));
  }
  rmSync(home, { recursive: true });
  const { ours, loop, limit } = took;
  return [
    toRow(
      { bench: 'startup', unit: 'ms', ours: median(ours), loop: median(loop), limit: median(limit) },
      { of: 'ours', atMost: 300 },
    ),
  ];
}

async function startMs(other: OtherSide, args: readonly string[], home: string): Promise<number> {
  const state = mkdtempSync(join(home, 'state-'));
  await other.forget();
  const startedAt = performance.timeOrigin + performance.now();
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      NODE_COMPILE_CACHE: join(home, 'cache'),
      PARALLEL_API_KEY: 'a-key-of-the-bench',
      PARALLEL_BASE_URL: other.api({ candidates: 10, every: 0 }),
      FINDALL_WATCH_STORE: join(state, 'watch.db'),
    },
  });
  const exited = once(child, 'exit');
  try {
    const firstAt = await eventually(async () => (await other.stats()).firstRequestAt, {
      what: 'the first poll',
    });
    return (firstAt ?? Number.NaN) - startedAt;
  } finally {
    child.kill();
    await exited;
  }
}
