/**
 * Processes on the store of a campaign beside its daemon, one at a time: at random a `follow`, or a second daemon of another
 * configuration. Each lives for a while and is killed with SIGKILL.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { EXIT } from '../../src/errors.ts';
import type { RunEvent } from '../../src/run-event.ts';
import type { Random } from '../../src/simulator/seeded-random.ts';
import { type Program, type ProgramOptions, startProgram } from '../support/run-program.ts';
import { eventsIn, type Life, live, mustBeKilled, parsed } from './lives.ts';

/** Longest time between one companion's death and the start of the next. */
const ALONE_MS = 700;
/** A daemon that lives for longer than this looks at what is in force by itself (`presence.ts`). */
const BEAT_MS = 5000;

export interface CompanionOptions {
  random: Random;
  /** For the second daemon: working directory and environment. */
  daemon: ProgramOptions & { configuration: string };
  follow: ProgramOptions & { ids: readonly string[] };
  /** Resolves when the first declaration is in force: what is recorded before it is queued for no sink. */
  declared: Promise<void>;
  over: AbortSignal;
}

/** What the companions of a campaign did, as far as it is known from outside. */
export interface Companions {
  /** How many of each kind got to their first words. */
  follows: number;
  daemons: number;
  /** Instants of death of second daemons, epoch ms. A follow delivers nothing: its death explains no repetition. */
  deathsAt: number[];
  /** Events on the stdout of every second daemon, in order. */
  logged: RunEvent[];
  /** Events on the stdout of every follow, in order. */
  shown: RunEvent[];
}

/** Has companions live and die until `over`. */
export async function keepCompany(options: CompanionOptions): Promise<Companions> {
  const { random, declared, over } = options;
  const companions: Companions = { follows: 0, daemons: 0, deathsAt: [], logged: [], shown: [] };
  const ended = new Promise<void>((resolve) => {
    over.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([declared, ended]);
  while (!over.aborted) {
    await wait(random.integer(0, ALONE_MS), undefined, { signal: over }).catch(() => {});
    if (over.aborted) break;
    if (random.chance(0.4)) await followForAWhile(options, companions);
    else await serveForAWhile(options, companions);
  }
  return companions;
}

async function serveForAWhile(
  { random, daemon: { configuration, ...options }, over }: CompanionOptions,
  companions: Companions,
): Promise<void> {
  const forMs = random.chance(0.2) ? random.integer(BEAT_MS, 1.5 * BEAT_MS) : random.integer(200, 2000);
  const program = startProgram(['serve', '--config', configuration], options);
  const life = await live(program, { forMs, over });
  mustBeKilled(life, program);
  companions.daemons += life.hasStarted ? 1 : 0;
  companions.deathsAt.push(life.endedAt);
  companions.logged.push(...eventsIn(program.stdout()));
}

async function followForAWhile(
  { random, follow: { ids, ...options }, over }: CompanionOptions,
  companions: Companions,
): Promise<void> {
  const forMs = random.integer(200, 2500);
  const interval = random.pick(['50ms', '5s']);
  const args = ['follow', random.pick(ids), '--json', '--interval', interval, '--linger', '0s'];
  const program = startProgram(args, options);
  const life = await live(program, { forMs, over });
  mustBeOver(life, program);
  companions.follows += life.hasStarted ? 1 : 0;
  companions.shown.push(...program.lines().flatMap((line) => parsed<RunEvent>(line)));
}

/**
 * Throws unless a follow was killed or saw the end of its run: 0 for a completed one, 1 for any other or a halt; or ended with
 * a code that is `expected` here.
 */
export function mustBeOver(
  { exit }: Pick<Life, 'exit'>,
  { stdout, stderr }: Program,
  expected: readonly number[] = [],
): void {
  if (exit.signal === 'SIGKILL' || [EXIT.ok, EXIT.otherEnding, ...expected].includes(exit.code ?? -1)) return;
  throw new Error(`a follow failed (${JSON.stringify(exit)}): ${stderr()}${stdout()}`);
}
