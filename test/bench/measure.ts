import { fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Row } from './report.ts';

const ENTRY = fileURLToPath(new URL('bench-process.ts', import.meta.url));

/** As the image starts the daemon, where memory is what is measured. */
const DEPLOYED = {
  execArgv: ['--heap-growing-percent=25'],
  env: {
    NODE_OPTIONS: '--max-semi-space-size=4',
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '131072',
  },
};
const OF_MEMORY: ReadonlySet<string> = new Set(['runs', 'memory']);

/**
 * Runs one bench in a process of its own, so that no heap, compiled code or high-water mark is another's. `scale` 1 is the
 * real thing. `hear` gets what it says meanwhile. Rejects with that when the bench fails.
 */
export async function measure(
  bench: string,
  scale: number,
  hear: (text: string) => void = () => {},
): Promise<Row[]> {
  const deployed = OF_MEMORY.has(bench) ? DEPLOYED : { execArgv: [], env: {} };
  const child = fork(ENTRY, [bench, String(scale)], {
    execArgv: ['--expose-gc', ...deployed.execArgv],
    env: { ...process.env, ...deployed.env },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    hear(text);
  });
  let rows: Row[] | undefined;
  child.on('message', (message) => {
    rows = message as Row[];
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (rows === undefined) throw new Error(`the bench ${bench} ended with ${code} and no rows: ${said}`);
  return rows;
}
