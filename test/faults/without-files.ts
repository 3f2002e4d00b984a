/**
 * A process that may open no more files. Prints, as JSON, what each sink of the configuration makes of an event then, and what is
 * said of what else opens files. Its limit is set by who starts it.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { buildSinks } from '../../src/build-sinks.ts';
import { systemClock } from '../../src/clock.ts';
import { sampleEvent } from '../../src/commands/try/sample-event.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { openLog } from '../../src/logging/logger.ts';
import { explain } from '../../src/program.ts';
import { openOwnedStore } from '../../src/record/open-store.ts';

const [, , cwd = '', isLoaded] = process.argv;
const load = () => loadConfig({ env: { HOME: cwd }, cwd, flags: { config: 'sinks.yaml' } });
const log = openLog({ level: 'silent', to: { write: () => {} } });
const sinks = await buildSinks(load().config.sinks, { log, clock: systemClock });
const event = sampleEvent('findall.candidate.matched', { unique: 'abcdef', now: 0 });
const { signal } = new AbortController();

async function failureOf(action: () => unknown): Promise<unknown> {
  try {
    await action();
    return null;
  } catch (error) {
    let said = '';
    explain(error, { write: (text) => (said += text) }, undefined);
    return said;
  }
}

const deliver = () =>
  Promise.all(
    sinks.map(async ({ sink }) => [sink.name, await sink.deliver([event], { attempt: 1, signal, sent: 0 })]),
  );

if (isLoaded === 'loaded') await deliver();
const held: number[] = [];
await failureOf(() => {
  for (;;) held.push(openSync('/dev/null', 'r'));
});
const outcomes = Object.fromEntries(await deliver()) as Record<string, unknown>;
const failures = {
  configuration: await failureOf(load),
  store: await failureOf(() => openOwnedStore(join(cwd, 'watch.db'), 'owner', () => 'token')),
};
// Enough for the file of the database, and not for its log.
for (const descriptor of held.splice(0, 2)) closeSync(descriptor);
const half = await failureOf(() => openOwnedStore(join(cwd, 'watch.db'), 'owner', () => 'token'));
for (const descriptor of held) closeSync(descriptor);
await Promise.all(sinks.map(({ sink }) => sink.close()));
const later = Object.fromEntries(await deliver()) as Record<string, unknown>;
process.stdout.write(JSON.stringify({ outcomes, ...failures, half, later }));
