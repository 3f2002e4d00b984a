/**
 * `npm run bench:replicas`: what 1, 2 and 3 daemons poll and deliver a second on one PostgreSQL with its usual durability. More
 * runs are due than they can poll; every second answer has a match. What a claim costs as runs grow follows (`claims.ts`).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventually } from '../support/eventually.ts';
import { startPostgres } from '../support/servers/postgres-server.ts';
import { startProgram } from '../support/run-program.ts';
import { runsNumbered } from './bench-daemon.ts';
import { type OtherSide, startOtherSide } from './start-other-side.ts';

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '1,2,3' },
    runs: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
  },
});
const RUNS = Number(values.runs);
const MEASURED_MS = Number(values.seconds) * 1000;
/** Most polls at once, of all replicas together: more than they come to. */
const CONCURRENCY = 64;

interface Rates {
  polls: number;
  deliveries: number;
}

const fleets = values.replicas.split(',').map(Number);
const measured: Rates[] = [];
for (const replicas of fleets) measured.push(await measureFleet(replicas));
const [one] = measured;
const times = (rate: number, of: number | undefined) => (rate / (of ?? rate)).toFixed(2);
const lines = measured.map(({ polls, deliveries }, at) => {
  const cells = [
    polls.toFixed(0),
    times(polls, one?.polls),
    deliveries.toFixed(0),
    times(deliveries, one?.deliveries),
  ];
  return `| ${[fleets[at], ...cells].join(' | ')} |`;
});
const head = [
  '| replicas | polls/s | × the first | deliveries/s | × the first |',
  '| --- | --- | --- | --- | --- |',
];
process.stdout.write(`${[...head, ...lines].join('\n')}\n`);

async function measureFleet(replicas: number): Promise<Rates> {
  const other = await startOtherSide();
  const server = await startPostgres([]);
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-bench-'));
  const env = settings(directory, server.url, other);
  // One after the other, as the first makes the tables.
  const fleet = [];
  try {
    for (let replica = 0; replica < replicas; replica++) {
      const program = startProgram(['serve'], { cwd: directory, env });
      fleet.push(program);
      await program.says('"msg":"started"', 30_000);
    }
    const all = async () => (await other.stats()).requests >= RUNS;
    await eventually(all, { within: 120_000, what: 'the first poll of each run' });
    await other.forget();
    const from = performance.now();
    await wait(MEASURED_MS);
    const { requests, received } = await other.stats();
    const seconds = (performance.now() - from) / 1000;
    return { polls: requests / seconds, deliveries: received / seconds };
  } finally {
    for (const { kill } of fleet) kill('SIGKILL');
    await Promise.all(fleet.map(async ({ exited }) => exited));
    await other.close();
    await server.remove();
    rmSync(directory, { recursive: true });
  }
}

function settings(directory: string, store: string, other: OtherSide): Record<string, string> {
  const config = {
    api: {
      key: 'a-key-of-the-bench',
      baseUrl: other.api({ candidates: 10, every: 2 }),
      concurrency: CONCURRENCY,
    },
    poll: { interval: '1s', maxInterval: '1s' },
    runs: runsNumbered(0, RUNS),
    sinks: [{ name: 'hook', type: 'webhook', url: other.hook }],
    store,
  };
  const file = join(directory, 'config.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  return { FINDALL_WATCH_CONFIG: file, HOME: directory };
}
