import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../config/load-config.ts';
import { layOut } from '../present/wrap-text.ts';
import { scenarioNamed } from '../simulator/scenarios.ts';
import { createSimulator } from '../simulator/simulator.ts';
import { type CommandContext, example } from './command-context.ts';
import { follow } from './follow.ts';
import { layoutFor } from './output-layout.ts';

/**
 * `demo`: a simulated run on loopback, watched through the real code path (HTTP, SQLite, outbox, sinks) with nothing
 * configured. Looks at no configuration of the machine and leaves nothing behind.
 */
export function addDemo(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .description('watch a simulated run for 20 seconds; needs no key and no configuration')
    .option('--json', 'one event a line on stdout')
    .addHelpText('after', example('npm run demo'))
    .action(async (options: { json?: boolean }) => {
      const directory = await mkdtemp(join(tmpdir(), 'findall-watch-demo-'));
      const scenario = scenarioNamed('demo');
      if (!scenario) throw new Error('the demo scenario is missing');
      const simulator = await createSimulator({ scenarios: [scenario], clock: context.clock });
      try {
        const settings = loadConfig({
          env: { PARALLEL_API_KEY: 'demo', PARALLEL_BASE_URL: simulator.url },
          cwd: directory,
          flags: { store: join(directory, 'watch.db'), interval: '500ms', maxInterval: '1s' },
        });
        if (!options.json) {
          const { width } = layoutFor(context.stdout, context.env);
          const title = layOut([{ text: scenario.objective ?? scenario.name, indent: 0 }], width).join('\n');
          context.stdout.write(`${title}\n(simulated at ${simulator.url})\n\n`);
        }
        const rehearsal = { ...options, rehearsal: true };
        context.exitWith(await follow(context, settings, [scenario.findallId], rehearsal));
      } finally {
        await simulator.close();
        await rm(directory, { recursive: true, force: true });
      }
    });
}
