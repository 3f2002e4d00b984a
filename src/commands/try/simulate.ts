import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, OperatorError } from '../../errors.ts';
import { generateScenarios } from '../../simulator/scenario/generate-scenarios.ts';
import { FAULT_USAGES, parseFault } from '../../simulator/faults/parse-fault.ts';
import type { Scenario } from '../../simulator/scenario/scenario.ts';
import { SCENARIO_NAMES, scenarioNamed } from '../../simulator/scenario/scenarios.ts';
import { createSimulator, type Simulator } from '../../simulator/simulator.ts';
import { type CommandContext, example } from '../command-context.ts';
import type { Clock } from '../../clock.ts';

interface SimulateOptions {
  scenario?: string[];
  runs?: number;
  timeScale: number;
  seed: number;
  port: number;
  fault?: string[];
  requireKey?: string;
}

const ROUTES = [
  'GET /result, GET of the run itself, GET /schema',
  'POST /cancel: cancelled at once',
  'POST /extend {"additional_match_limit": 4}',
  '    a run that met its match limit is active again and finds 4 more',
  'POST /enrich {"processor": "core", "output_schema": {"properties": {"a": {}}}}',
  '    an ended run is queued again; the last values arrive after its ending',
];

/** `simulate`: a FindAll API on loopback to rehearse against. */
export function addSimulate(program: Command, context: CommandContext): void {
  program
    .command('simulate')
    .description('serve a simulated FindAll API on loopback')
    .option('--scenario <name...>', `runs to simulate: ${SCENARIO_NAMES.join(', ')}`)
    .option('--runs <count>', 'simulate this many generated runs instead', wholeNumber(1, 1_000_000))
    .option('--time-scale <factor>', 'how much faster than in the scenario time passes', positiveNumber, 1)
    .option('--seed <number>', 'seed of generated runs and of random faults', wholeNumber(0, 2 ** 31), 1)
    .option('--port <port>', 'port to listen on; 0 = any free one', wholeNumber(0, 65_535), 4010)
    .option('--fault <fault...>', 'a fault of the list below, in all runs or in one (findall_…=FAULT)')
    .option('--require-key <key>', 'refuse requests whose x-api-key is another')
    .addHelpText(
      'after',
      `\nRoutes below /v1beta/findall/runs/ID:\n${ROUTES.map((route) => `  ${route}`).join('\n')}`,
    )
    .addHelpText('after', `\nFaults:\n${FAULT_USAGES.map((usage) => `  ${usage}`).join('\n')}`)
    .addHelpText(
      'after',
      example('findall-watch simulate --scenario demo revived --fault status:503:times=3'),
    )
    .action((options: SimulateOptions) => simulate(context, options));
}

async function simulate(context: CommandContext, options: SimulateOptions): Promise<void> {
  const scenarios = scenariosOf(options);
  const simulator = await listen(scenarios, options, context.clock);
  try {
    context.stdout.write(introduction(simulator, scenarios, options.requireKey));
    await aborted(context.interrupted);
  } finally {
    await simulator.close();
  }
}

async function listen(scenarios: Scenario[], options: SimulateOptions, clock: Clock): Promise<Simulator> {
  try {
    return await createSimulator({
      scenarios,
      clock,
      timeScale: options.timeScale,
      seed: options.seed,
      port: options.port,
      faults: (options.fault ?? []).map(parseFault),
      ...(options.requireKey === undefined ? {} : { apiKey: options.requireKey }),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new OperatorError(EXIT.usage, `port ${options.port} is in use`, {
      hint: 'choose another with --port',
    });
  }
}

function scenariosOf({ scenario = ['demo'], runs, seed }: SimulateOptions): Scenario[] {
  if (runs !== undefined)
    return generateScenarios({ count: runs, candidates: 20, durationMs: 120_000, seed });
  return scenario.map((name) => {
    const found = scenarioNamed(name);
    if (found) return found;
    throw new OperatorError(EXIT.usage, `there is no scenario ${JSON.stringify(name)}`, {
      hint: `choose from ${SCENARIO_NAMES.join(', ')}`,
    });
  });
}

function introduction({ url }: Simulator, scenarios: readonly Scenario[], key = 'any'): string {
  const shown = scenarios.slice(0, 20).map(({ findallId, name }) => `  ${findallId}  ${name}\n`);
  const more = scenarios.length > 20 ? `  and ${scenarios.length - 20} more\n` : '';
  return [
    `simulated FindAll API: ${url}\n\nruns:\n${shown.join('')}${more}\n`,
    'to watch one, in another terminal:\n',
    `export PARALLEL_API_KEY=${key} PARALLEL_BASE_URL=${url}\n`,
    `npx findall-watch follow ${scenarios[0]?.findallId ?? ''} --interval 1s\n\n`,
    'stop with Ctrl-C\n',
  ].join('');
}

function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= from && number <= to) return number;
    throw new InvalidArgumentError(`Write a whole number from ${from} to ${to}`);
  };
}

function positiveNumber(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('Write a number above 0');
}

/** Resolves when `signal` aborts. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
