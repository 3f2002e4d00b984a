/**
 * A daemon composed like `serve`, whose store and sinks kill the process (SIGKILL, no clean-up) at one chosen call:
 * `CRASH_POINT=recordPoll:after:3` dies right after the third recordPoll. The hooks live here; `src` has none.
 */
import process from 'node:process';
import { buildSinks, buildSource, createWatcher, newOwner } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { newId } from '../../src/commands/new-id.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Sink } from '../../src/deliver/sink.ts';
import { openLog } from '../../src/logger.ts';
import { openOwnedStore } from '../../src/record/open-store.ts';
import type { Store } from '../../src/record/store.ts';

const [method = '', moment = '', count = '1'] = (process.env.CRASH_POINT ?? '').split(':');
let calls = 0;

/** Calls `act`, dying before or after it when this is the chosen call. */
async function deadly<T>(name: string, act: () => Promise<T>): Promise<T> {
  const chosen = name === method && ++calls === Number(count);
  if (chosen && moment === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await act();
  if (chosen && moment === 'after') process.kill(process.pid, 'SIGKILL');
  return result;
}

function dyingStore(store: Store): Store {
  const wrapped = Object.entries(store).map(([name, call]) => [
    name,
    (...args: unknown[]) => deadly(name, () => (call as (...all: unknown[]) => Promise<unknown>)(...args)),
  ]);
  return Object.fromEntries(wrapped) as Store;
}

function dyingSink(sink: Sink): Sink {
  return { ...sink, deliver: (events, context) => deadly('deliver', () => sink.deliver(events, context)) };
}

const { config } = loadConfig({ env: process.env, cwd: process.cwd() });
const log = openLog({ level: config.log.level, to: 1, pretty: false });
const owner = newOwner();
const store = dyingStore(await openOwnedStore(config.store.path, owner, newId));
for (const { id } of config.runs) {
  await store.trackRun({ findallId: id, mode: 'declare' }, systemClock.now());
}
createWatcher(config, {
  store,
  source: buildSource(config, config.api.key ?? '', systemClock),
  sinks: buildSinks(config.sinks, { log, clock: systemClock }).map(({ sink, retry }) => ({
    sink: dyingSink(sink),
    retry,
  })),
  owner,
  clock: systemClock,
  random: Math.random,
  logger: log.logger,
}).start();
