import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../../errors.ts';
import type { RunEvent } from '../../run-event.ts';
import { cardLines, eventLines } from '../output/event-lines.ts';
import { jsonLine } from '../../text/json-line.ts';
import { layOut } from '../../text/wrap-text.ts';
import { impliedBy } from '../../simulator/scenario/implied.ts';
import type { Scenario } from '../../simulator/scenario/scenario.ts';
import { scenarioNamed } from '../../simulator/scenario/scenarios.ts';
import { createSimulator } from '../../simulator/simulator.ts';
import { type CommandContext, example } from '../command-context.ts';
import { type DemoWatcher, startDemoWatcher } from './demo-watcher.ts';
import { startDemoWebhook } from './demo-webhook.ts';
import { isLive, layoutFor } from '../output/layout.ts';

/** The match at which the watcher is killed, while its delivery is on the way. */
const KILLED_AT = 3;

/** A daemon that starts, the 18 seconds of the run, and a start again. */
const LONGEST_MS = 120_000;

/**
 * `demo`: a simulated run on loopback, watched by a daemon of its own that delivers to a webhook in this process and is
 * killed in the middle. Looks at no configuration of the machine and leaves nothing behind.
 */
export function addDemo(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .summary('watch a simulated run for 20 s; needs no API key')
    .description(
      'watch a simulated run for 20 s and kill the watcher half way: no match is lost; needs no API key and no configuration',
    )
    .option('--json', 'write each event as a line of JSON to stdout, and nothing else')
    .addHelpText('after', example('npm run demo'))
    .action(async (options: { json?: boolean }) => {
      const scenario = scenarioNamed('demo');
      if (!scenario) throw new Error('the demo scenario is missing');
      await using begun = new AsyncDisposableStack();
      const directory = await mkdtemp(join(tmpdir(), 'findall-watch-demo-'));
      begun.defer(() => rm(directory, { recursive: true, force: true }));
      context.exitWith(
        await demonstrate(context, { scenario, directory, json: options.json === true }, begun),
      );
    });
}

interface Demo {
  scenario: Scenario;
  directory: string;
  json: boolean;
}

async function demonstrate(
  context: CommandContext,
  { scenario, directory, json }: Demo,
  begun: AsyncDisposableStack,
): Promise<number> {
  const { clock, interrupted } = context;
  const view = json ? createJsonView(context) : createDemoView(context);
  const arrivals = createArrivals();
  let watcher: DemoWatcher | undefined;
  const over = Promise.withResolvers<string | null>();

  const simulator = await createSimulator({ scenarios: [scenario], clock });
  begun.defer(() => simulator.close());
  const webhook = await startDemoWebhook((event) => {
    const { isRepeated, matches } = arrivals.take(event);
    if (isRepeated) view.say(`${event.id} arrives again under the same id: the webhook has it already.`);
    else view.event(event);
    if (!isRepeated && isMatch(event) && matches === KILLED_AT) {
      void killAndRestart();
      return 'ignore';
    }
    if (event.summary !== undefined) over.resolve(null);
    return 'accept';
  });
  begun.defer(() => webhook.close());
  begun.defer(() => watcher?.kill());

  const urls = { api: simulator.url, webhook: webhook.url };
  const configFile = await writeConfiguration(scenario, directory, urls);
  const start = () => startDemoWatcher(context, { configFile, directory, onEnd: over.resolve });

  async function killAndRestart(): Promise<void> {
    const { pid = 0 } = watcher ?? {};
    await watcher?.kill();
    if (interrupted.aborted) return;
    watcher = start();
    view.news(
      `kill -9 ${pid}: the watcher is dead. This webhook has not answered for the match above.`,
      `The watcher starts again as process ${watcher.pid}. All that it has is its state file.`,
    );
  }

  if (scenario.objective !== undefined) view.say(scenario.objective);
  watcher = start();
  view.say(
    `This run is simulated. A watcher, process ${watcher.pid}, polls it and delivers to a webhook, which shows what arrives.`,
  );
  view.gap();
  const ended = await Promise.race([over.promise, tooLong(context, begun)]);
  if (interrupted.aborted) return sayInterrupted(context);
  if (ended !== null) throw new Error(`the watcher of the demo ended: ${ended}`);
  sumUp(scenario, { ...arrivals.all(), view });
  return EXIT.ok;
}

/** What has arrived at the webhook, and how often something arrived again. */
function createArrivals() {
  const arrived = new Map<string, RunEvent>();
  let repeated = 0;
  return {
    take(event: RunEvent): { isRepeated: boolean; matches: number } {
      const isRepeated = arrived.has(event.id);
      if (isRepeated) repeated += 1;
      else arrived.set(event.id, event);
      return { isRepeated, matches: [...arrived.values()].filter(isMatch).length };
    },
    all: () => ({ arrived: [...arrived.values()], repeated }),
  };
}

function sayInterrupted({ interrupted, stderr }: CommandContext): number {
  stderr.write('interrupted\n');
  return 128 + constants.signals[interrupted.reason as NodeJS.Signals];
}

/** Settles when the demo is interrupted, or when it takes too long. */
async function tooLong({ clock, interrupted }: CommandContext, begun: AsyncDisposableStack): Promise<string> {
  const done = new AbortController();
  begun.defer(() => done.abort());
  await clock.sleep(LONGEST_MS, AbortSignal.any([interrupted, done.signal])).catch(() => {});
  return `no ending within ${LONGEST_MS / 1000} s`;
}

/** Gives the path of the file. */
async function writeConfiguration(
  { findallId }: Scenario,
  directory: string,
  { api, webhook }: { api: string; webhook: string },
): Promise<string> {
  const path = join(directory, 'demo.json');
  const configuration = {
    api: { key: 'demo', baseUrl: api },
    poll: { interval: '500ms', maxInterval: '1s' },
    runs: [{ id: findallId, label: 'demo' }],
    sinks: [{ name: 'demo', type: 'webhook', url: webhook, retry: { first: '200ms' } }],
    store: join(directory, 'watch.db'),
  };
  await writeFile(path, JSON.stringify(configuration));
  return path;
}

/** What the demo shows. */
interface DemoView {
  event(event: RunEvent): void;
  say(text: string): void;
  /** What happens to the watcher. */
  news(...texts: string[]): void;
  /** A command to be copied. */
  command(text: string): void;
  /** One empty row. */
  gap(): void;
}

function createDemoView({ stdout, env }: CommandContext): DemoView {
  const layout = layoutFor(stdout, env);
  let last = '';
  const write = (lines: readonly string[]) => {
    last = lines.at(-1) ?? '';
    stdout.write(`${lines.join('\n')}\n`);
  };
  const say = (text: string) => write(layOut([{ text, indent: 0 }], layout.width));
  return {
    event: (event) => write(isLive(stdout, env) ? cardLines(event, layout) : eventLines(event, layout)),
    say,
    news: (...texts) => {
      for (const text of texts) say(layout.paint(['yellow', 'bold'], text));
    },
    command: (text) => write([`  ${text}`]),
    gap: () => {
      if (last !== '') write(['']);
    },
  };
}

function createJsonView({ stdout }: CommandContext): DemoView {
  const nothing = () => {};
  return {
    event: (event) => void stdout.write(jsonLine(event)),
    say: nothing,
    news: nothing,
    command: nothing,
    gap: nothing,
  };
}

function isMatch({ type }: RunEvent): boolean {
  return type === 'findall.candidate.matched';
}

/** What the run had against what arrived, and what to do next. Throws when a match is lost. */
function sumUp(
  scenario: Scenario,
  { arrived, repeated, view }: { arrived: readonly RunEvent[]; repeated: number; view: DemoView },
): void {
  const { matched } = impliedBy(scenario);
  const delivered = new Set(arrived.filter(isMatch).map(({ data }) => data.candidate_id));
  const lost = matched.filter((id) => !delivered.has(id));
  if (lost.length > 0) throw new Error(`the demo lost matches: ${lost.join(', ')}`);
  const twice =
    repeated === 0
      ? 'None came twice.'
      : `${repeated === 1 ? 'One' : repeated} came twice, under one id, because the watcher had no answer when it died.`;
  view.gap();
  view.say(
    `The run had ${matched.length} matches and one ending. All of them arrived, although the watcher was killed. ${twice}`,
  );
  view.gap();
  view.say('Watch a run of yours in this terminal, with a key of the Parallel API:');
  view.command('PARALLEL_API_KEY=… npx findall-watch follow findall_…');
  view.say('Keep watching, and deliver to the sinks in config/findall-watch.yaml:');
  view.command('PARALLEL_API_KEY=… npx findall-watch serve findall_…');
}
