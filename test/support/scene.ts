import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Scenario } from '../../src/simulator/scenario.ts';
import { scenarioNamed } from '../../src/simulator/scenarios.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Exit, type Program, runProgram, startProgram } from './run-program.ts';

export interface SceneOptions {
  scenarios: readonly (string | Scenario)[];
  /** Default 20: the library's runs end before the first poll. */
  timeScale?: number;
  apiKey?: string;
  /** Over the scene's own. */
  env?: Record<string, string>;
}

/** A simulated API, a state file of its own, and programs that know of both and of nothing else. */
export interface Scene {
  readonly simulator: Simulator;
  /** Working directory of the programs. */
  readonly directory: string;
  readonly store: string;
  /** Of the scenarios, in order. */
  readonly ids: readonly [string, ...string[]];
  readonly env: Record<string, string>;
  start(args: readonly string[], env?: Record<string, string>): Program;
  run(
    args: readonly string[],
    env?: Record<string, string>,
  ): Promise<Exit & { stdout: string; stderr: string }>;
}

/** Everything it starts is gone when the test is. */
export async function openScene({
  scenarios,
  timeScale = 20,
  apiKey,
  env = {},
}: SceneOptions): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-scene-'));
  const lived = scenarios.map(named);
  const simulator = await createSimulator({
    scenarios: lived,
    clock: systemClock,
    timeScale,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  const programs: Program[] = [];
  onTestFinished(async () => {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map((program) => program.exited));
    await simulator.close();
    rmSync(directory, { recursive: true });
  });
  const store = join(directory, 'state', 'watch.db');
  const whole = {
    HOME: directory,
    PARALLEL_API_KEY: apiKey ?? 'a-key-of-this-test',
    PARALLEL_BASE_URL: simulator.url,
    FINDALL_WATCH_STORE: store,
    FINDALL_WATCH_POLL_INTERVAL: '50ms',
    FINDALL_WATCH_POLL_MAX_INTERVAL: '100ms',
    FINDALL_WATCH_LINGER: '0s',
    ...env,
  };
  return {
    simulator,
    directory,
    store,
    ids: lived.map(({ findallId }) => findallId) as [string, ...string[]],
    env: whole,
    start(args, more = {}) {
      const program = startProgram(args, { env: { ...whole, ...more }, cwd: directory });
      programs.push(program);
      return program;
    },
    run: (args, more = {}) => runProgram(args, { env: { ...whole, ...more }, cwd: directory }),
  };
}

function named(scenario: string | Scenario): Scenario {
  if (typeof scenario !== 'string') return scenario;
  const found = scenarioNamed(scenario);
  if (!found) throw new Error(`no scenario ${scenario}`);
  return found;
}

/** The value of each line of JSON; fails on a line that is none. */
export function jsonLines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
