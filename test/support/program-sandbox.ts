import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Scenario } from '../../src/simulator/scenario/scenario.ts';
import { scenarioNamed } from '../../src/simulator/scenario/scenarios.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type CommandOptions, type RunningCommand, runCommand, startCommand } from './run-command.ts';
import { type Exit, type Program, runProgram, startProgram } from './run-program.ts';

export interface SandboxOptions {
  scenarios: readonly (string | Scenario)[];
  /** Default 1000: the library's runs end before the first poll, a command in this process included. */
  timeScale?: number;
  /** The simulated time begins with the first poll, so that a slow start misses nothing. Default: it begins at once. */
  beginsWithFirstPoll?: boolean;
  apiKey?: string;
  /** Over the sandbox's own. */
  env?: Record<string, string>;
}

/** A simulated API, a state file of its own, and programs that know of both and of nothing else. */
export interface Sandbox {
  readonly simulator: Simulator;
  /** Working directory of the programs. */
  readonly directory: string;
  readonly store: string;
  /** Of the scenarios, in order. */
  readonly ids: readonly [string, ...string[]];
  readonly env: Record<string, string>;
  /** Starts it in a process of its own. */
  start(args: readonly string[], env?: Record<string, string>): Program;
  /** Starts a command other than `serve` in the process of the test. */
  startHere(args: readonly string[], options?: CommandOptions): RunningCommand;
  /** Runs a command to its end: in the process of the test, but `serve` in one of its own. */
  run(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
  /** Runs a command to its end in a process of its own. */
  runProcess(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
}

type Ended = Exit & { stdout: string; stderr: string };

/** Everything it starts is gone when the test is. */
export async function openSandbox({
  scenarios,
  timeScale = 1000,
  beginsWithFirstPoll = false,
  apiKey,
  env = {},
}: SandboxOptions): Promise<Sandbox> {
  const directory = mkdtempSync(join(tmpdir(), 'findall-watch-sandbox-'));
  const lived = scenarios.map(named);
  let requests = (): number => 0;
  const simulator = await createSimulator({
    scenarios: lived,
    clock: beginsWithFirstPoll ? clockThatStartsWhen(() => requests() > 0) : systemClock,
    timeScale,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  requests = () => simulator.requestCount();
  const programs: (Program | RunningCommand)[] = [];
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
    startHere(args, { env: more, ...options } = {}) {
      const command = startCommand(args, { env: { ...whole, ...more }, cwd: directory, ...options });
      programs.push(command);
      return command;
    },
    run: (args, more = {}) =>
      (args[0] === 'serve' ? runProgram : runCommand)(args, { env: { ...whole, ...more }, cwd: directory }),
    runProcess: (args, more = {}) => runProgram(args, { env: { ...whole, ...more }, cwd: directory }),
  };
}

/** The machine's clock, but it stands still before `isRunning`. */
function clockThatStartsWhen(isRunning: () => boolean): Clock {
  const standsAt = systemClock.now();
  let lost: number | undefined;
  return {
    ...systemClock,
    now() {
      if (lost === undefined && isRunning()) lost = systemClock.now() - standsAt;
      return lost === undefined ? standsAt : systemClock.now() - lost;
    },
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
