/** `npm run fuzz -- [--histories 10000] [--seed 1]`: random lives of a run under noise. A failing one is shrunk and printed. */
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { openSqlite } from '../../src/record/sqlite/sqlite-database.ts';
import { makeTempDirectory, removeTempDirectory } from '../support/temp-directory.ts';
import { brokenLaws } from './laws.ts';
import { anyLife, type Life, live } from './lives.ts';

/** What a campaign went through. */
export interface Lived {
  histories: number;
  polls: number;
  events: number;
}

/** Lives `histories` random lives; rejects with the smallest that breaks a law, its seed and the law. */
export async function fuzz({ histories, seed }: { histories: number; seed: number }): Promise<Lived> {
  const directory = await makeTempDirectory();
  const template = join(directory, 'template.db');
  await (await openSqlite(template)).destroy();
  const lived: Lived = { histories: 0, polls: 0, events: 0 };
  const property = fc.asyncProperty(anyLife, async (life: Life) => {
    const outcome = await live(life, template, directory);
    lived.histories += 1;
    lived.polls += outcome.recordings.length;
    lived.events += outcome.events.length;
    const broken = brokenLaws(life, outcome);
    if (broken.length > 0) throw new Error(broken.join('; '));
  });
  try {
    await fc.assert(property, { numRuns: histories, seed });
  } finally {
    await removeTempDirectory(directory);
  }
  return lived;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { histories: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
  });
  const [histories, firstSeed] = [Number(values.histories), Number(values.seed)];
  const A_ROUND = 500;
  for (let done = 0, seed = firstSeed; done < histories; done += A_ROUND, seed += 1) {
    const lived = await fuzz({ histories: Math.min(A_ROUND, histories - done), seed });
    process.stdout.write(
      `seed ${seed}: ${lived.histories} histories, ${lived.polls} polls, ${lived.events} events, no law broken\n`,
    );
  }
  process.exit(0);
}
