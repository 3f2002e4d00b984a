/**
 * A daemon composed like `serve` that kills itself (SIGKILL, no clean-up) at a chosen point: `recordPoll:after:3` dies
 * right after the third recordPoll, `statement:before:70` before the 70th SQL statement that writes or commits, so
 * within and between transactions. The hooks live here; `src` has none.
 */
import process from 'node:process';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { buildSource, createWatcher, newOwner } from '../../src/app.ts';
import { buildSinks } from '../../src/build-sinks.ts';
import { systemClock } from '../../src/clock.ts';
import { createDeclarationReporter, ownDeclaration } from '../../src/commands/declare-configuration.ts';
import { newId } from '../../src/commands/new-id.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Sink } from '../../src/deliver/sink.ts';
import { createInForce } from '../../src/declaration/in-force.ts';
import { openLog } from '../../src/logging/logger.ts';
import { createPresence, shownAs } from '../../src/presence.ts';
import { openOwnedStore } from '../../src/record/open-store.ts';
import type { Store } from '../../src/record/store.ts';

const [method = '', moment = '', nth = '1'] = (process.env.CRASH_POINT ?? '').split(':');
let calls = 0;

/** Calls `act`, dying before or after it when this is the chosen call. */
async function deadly<T>(name: string, act: () => Promise<T>): Promise<T> {
  const chosen = name === method && ++calls === Number(nth);
  if (chosen && moment === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await act();
  if (chosen && moment === 'after') process.kill(process.pid, 'SIGKILL');
  return result;
}

function dyingStatements(): void {
  const { run, all } = StatementSync.prototype;
  const { prepare } = DatabaseSync.prototype;
  const writing = new WeakSet<StatementSync>();
  const count = (statement: StatementSync): void => {
    if (writing.has(statement) && ++calls === Number(nth)) process.kill(process.pid, 'SIGKILL');
  };
  DatabaseSync.prototype.prepare = function (sql, ...rest) {
    const statement = prepare.call(this, sql, ...rest);
    if (!/^select/i.test(sql)) writing.add(statement);
    return statement;
  };
  StatementSync.prototype.run = function (...parameters: never[]) {
    count(this);
    return run.apply(this, parameters as never);
  };
  StatementSync.prototype.all = function (...parameters: never[]) {
    count(this);
    return all.apply(this, parameters as never);
  };
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

if (method === 'statement') dyingStatements();
const settings = loadConfig({ env: process.env, cwd: process.cwd() });
const { config } = settings;
const log = openLog({ level: config.log.level, to: 1 });
const owner = newOwner();
const store = dyingStore(await openOwnedStore(config.store.path, owner, newId));
const { logger } = log;
const inForce = createInForce(await store.inForce(), { undeclared: config.poll });
const presence = createPresence({
  ...{ store, inForce, clock: systemClock, logger },
  presence: shownAs(owner, systemClock, 'daemon'),
  onDeclared: createDeclarationReporter(store, logger),
});
await presence.declare(ownDeclaration(settings), 'unless-held');
createWatcher(config, {
  ...{ store, inForce },
  source: buildSource(config, config.api.key ?? '', { clock: systemClock, random: Math.random }),
  sinks: (await buildSinks(config.sinks, { log, clock: systemClock })).map((delivered) => ({
    ...delivered,
    sink: dyingSink(delivered.sink),
  })),
  owner,
  clock: systemClock,
  random: Math.random,
  logger,
}).start();
presence.start();
process.stderr.write('started\n');
