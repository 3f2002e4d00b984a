/** One `follow` after the other beside the replicas of a campaign, each killed with SIGKILL unless its run ends first. */
import { setTimeout as wait } from 'node:timers/promises';
import { EXIT } from '../../src/errors.ts';
import type { RunEvent } from '../../src/run-event.ts';
import type { Random } from '../../src/simulator/seeded-random.ts';
import { mustBeOver } from '../crash/companions.ts';
import { live, parsed } from '../crash/lives.ts';
import { type ProgramOptions, startProgram } from '../support/run-program.ts';

export interface FollowsOptions extends ProgramOptions {
  random: Random;
  ids: readonly string[];
  /** Resolves when the first declaration is in force: what is recorded before it is queued for no sink. */
  declared: Promise<void>;
  over: AbortSignal;
}

export interface Follows {
  /** How many got to their first words. */
  follows: number;
  /** Events on the stdout of every follow, in order. */
  shown: RunEvent[];
}

/** Has follows live and die until `over`. */
export async function keepFollowing({
  random,
  ids,
  declared,
  over,
  ...options
}: FollowsOptions): Promise<Follows> {
  const done: Follows = { follows: 0, shown: [] };
  await declared;
  while (!over.aborted) {
    const args = ['follow', random.pick(ids), '--json', '--interval', '500ms', '--linger', '0s'];
    const program = startProgram(args, options);
    const life = await live(program, { forMs: random.integer(1000, 5000), over });
    // The server may be away for longer than a follow waits for it.
    mustBeOver(life, program, [EXIT.stateCannotBeWritten]);
    done.follows += life.hasStarted ? 1 : 0;
    done.shown.push(...program.lines().flatMap((line) => parsed<RunEvent>(line)));
    await wait(random.integer(0, 500), undefined, { signal: over }).catch(() => {});
  }
  return done;
}
