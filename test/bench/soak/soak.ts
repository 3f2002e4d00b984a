/**
 * `npm run soak [-- --minutes N --runs N]`: a daemon under steady work and every fault for long. What it uses has to level
 * off; exit code 1 when it does not.
 *
 * Runs live, end, linger and rest in cycles; then the API revives all of them and they are tracked again, while what was
 * reported in the cycle before is pruned. So work is the same in each cycle, and what grows is a leak.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../../src/clock.ts';
import { newId } from '../../../src/commands/new-id.ts';
import { openStore } from '../../../src/record/open-store.ts';
import type { FaultRule } from '../../../src/simulator/faults/fault.ts';
import { generateScenarios } from '../../../src/simulator/scenario/generate-scenarios.ts';
import { createRandom } from '../../../src/simulator/seeded-random.ts';
import { createSimulator } from '../../../src/simulator/simulator.ts';
import { FLAKY_API, flakyReceiver } from '../../crash/flaky.ts';
import { eventually } from '../../support/eventually.ts';
import { startReceiver } from '../../support/servers/receiver.ts';
import { judgeSoak, type SoakSample } from './soak-verdict.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, runs: { type: 'string', default: '200' } },
});
const CYCLES = 12;
const soakMs = Number(values.minutes) * 60_000;
const cycleMs = soakMs / CYCLES;
const scenarios = generateScenarios({
  count: Number(values.runs),
  candidates: 20,
  durationMs: cycleMs * 0.6,
  seed: 1,
});
const SLOW: readonly FaultRule[] = [
  { kind: 'slow-headers', ms: 300, probability: 0.02 },
  { kind: 'slow-body', ms: 300, probability: 0.02 },
  { kind: 'stalled-body', probability: 0.005 },
  { kind: 'no-answer', probability: 0.005 },
  { kind: 'broken-gzip', probability: 0.01 },
  { kind: 'reset', probability: 0.01 },
];

const directory = mkdtempSync(join(tmpdir(), 'findall-watch-soak-'));
const simulator = await createSimulator({ scenarios, clock: systemClock, timeScale: 1 });
simulator.setFault('*', [...FLAKY_API, ...SLOW]);
const receiver = await startReceiver({ respond: flakyReceiver(createRandom(2)) });
const path = join(directory, 'watch.db');
const file = join(directory, 'findall-watch.json');
const span = (ms: number) => `${Math.max(50, Math.round(ms))}ms`;
const settings = {
  api: { baseUrl: simulator.url, timeout: '2s' },
  poll: { interval: span(cycleMs / 30), maxInterval: span(cycleMs / 12), linger: span(cycleMs / 20) },
  sinks: [
    { name: 'log', type: 'log' },
    { name: 'hook', type: 'webhook', url: receiver.url, timeout: '1s', retry: { first: '200ms', max: '1s' } },
  ],
  store: path,
};
writeFileSync(file, JSON.stringify(settings));
const store = await openStore(path, newId);
const daemon = fork(fileURLToPath(new URL('soak-daemon.ts', import.meta.url)), [String(cycleMs)], {
  cwd: directory,
  execArgv: [],
  env: { PATH: process.env.PATH ?? '', PARALLEL_API_KEY: 'a-key-of-the-soak', FINDALL_WATCH_CONFIG: file },
});
const samples: SoakSample[] = [];
daemon.on('message', (sample) => samples.push(sample as SoakSample));
const exited = once(daemon, 'exit');
const lives = () => daemon.exitCode === null && daemon.signalCode === null;

async function trackAll(): Promise<void> {
  for (const { findallId } of scenarios) {
    await store.trackRun({ findallId, mode: 'resume' }, systemClock.now());
  }
}

await eventually(() => samples.length > 0 || !lives(), { what: 'the first sample' });
for (let cycle = 1; cycle <= CYCLES && lives(); cycle++) {
  simulator.restartTimelines();
  await trackAll();
  await wait(cycleMs);
  const last = samples.at(-1);
  process.stderr.write(`cycle ${cycle} of ${CYCLES}: ${JSON.stringify(last, rounded)}\n`);
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 10) / 10 : value;
}

daemon.kill('SIGTERM');
const [code] = (await exited) as [number | null];
await Promise.all([store.close(), simulator.close(), receiver.close()]);
rmSync(directory, { recursive: true });

const verdicts = judgeSoak(samples);
for (const { what, thirds, level } of verdicts) {
  const most = thirds.map((value) => value.toFixed(1)).join(' → ');
  process.stdout.write(`${what.padEnd(10)} ${most.padEnd(28)} ${level ? 'level' : 'GROWS'}\n`);
}
const { polls = 0, failedPolls = 0, events = 0, delivered = 0, failedAttempts = 0 } = samples.at(-1) ?? {};
process.stdout.write(
  `${values.minutes} min, ${scenarios.length} runs: ${polls} polls (${failedPolls} failed), ${events} events, ` +
    `${delivered} delivered (${failedAttempts} attempts failed), the daemon ended with ${code}\n`,
);
const worked = events > 0 && delivered > 0 && failedPolls > 0 && failedAttempts > 0 && code === 0;
process.exitCode = worked && verdicts.every(({ level }) => level) ? 0 : 1;
